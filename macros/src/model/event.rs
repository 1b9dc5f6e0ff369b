//! From a type's syntax to [`EventType`].

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Data, DeriveInput, GenericParam, Generics};

use crate::attr::{EventAttributes, refuse_event, refuse_event_on_fields};
use crate::errors::Errors;

/// A type under `#[derive(Event)]`.
pub(crate) struct EventType {
    pub(crate) attributes: EventAttributes,
    pub(crate) ident: Ident,
    /// `<T>` behind `impl`, `<T>` behind the name, and the where clause.
    pub(crate) generics: [TokenStream; 3],
    pub(crate) proof: Proof,
}

/// What can be asked of the type where it is declared.
pub(crate) enum Proof {
    /// That it can be published and handled.
    Owned,
    /// That it can be published: what it borrows is not there any more where it would be handled. The arguments are
    /// those of its name.
    Borrowing(TokenStream),
    /// Nothing: what its parameters are is known where it is used.
    Generic,
}

impl EventType {
    /// The type, or `None` when the item is not one.
    pub(crate) fn from_syn(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let written = match syn::parse2::<DeriveInput>(item) {
            Ok(written) => written,
            Err(error) => {
                errors.push_at(error.span(), error.to_string());
                return None;
            }
        };
        check_shape(&written, errors);
        let (implementation, name, where_clause) = written.generics.split_for_impl();
        Some(Self {
            attributes: EventAttributes::from_syn(&written.attrs, &written.ident, errors),
            ident: written.ident.clone(),
            generics: [
                implementation.to_token_stream(),
                name.to_token_stream(),
                where_clause.to_token_stream(),
            ],
            proof: Proof::from_syn(&written.generics, written.ident.span()),
        })
    }
}

impl Proof {
    /// `place` is where the compiler reports what is missing.
    fn from_syn(generics: &Generics, place: Span) -> Self {
        if generics.params.is_empty() {
            return Self::Owned;
        }
        let is_lifetime = |parameter: &GenericParam| matches!(parameter, GenericParam::Lifetime(_));
        if !generics.params.iter().all(is_lifetime) {
            return Self::Generic;
        }
        let lifetimes = generics.params.iter().map(|_| quote_spanned!(place=> 'static));
        Self::Borrowing(quote_spanned!(place=> <#(#lifetimes),*>))
    }
}

fn check_shape(written: &DeriveInput, errors: &mut Errors) {
    match &written.data {
        Data::Struct(data) => refuse_event_on_fields(&data.fields, errors),
        Data::Enum(data) => {
            for variant in &data.variants {
                refuse_event(&variant.attrs, errors);
                refuse_event_on_fields(&variant.fields, errors);
            }
        }
        Data::Union(data) => errors.push(
            &data.union_token,
            "`Event` is derived for a struct or an enum; a union cannot be sent as JSON",
        ),
    }
}
