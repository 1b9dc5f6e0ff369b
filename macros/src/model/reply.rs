//! From an enum's syntax to [`ReplyEnum`].

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Data, DataEnum, DeriveInput, Fields, Variant};

use crate::attr::{EnumAttributes, Status, VariantAttributes};
use crate::errors::Errors;
use crate::spanned::Spanned;

/// An enum under `#[derive(FromReply)]`.
pub(crate) struct ReplyEnum {
    pub(crate) library: TokenStream,
    pub(crate) ident: Ident,
    /// `<T>` behind `impl`, `<T>` behind the name, and the where clause.
    pub(crate) generics: [TokenStream; 3],
    pub(crate) variants: Vec<ReplyVariant>,
}

/// One variant, for one or several statuses.
pub(crate) struct ReplyVariant {
    pub(crate) ident: Ident,
    pub(crate) statuses: Vec<Spanned<Status>>,
    pub(crate) conditions: TokenStream,
    /// The type that the reply becomes; `None` for a unit variant, which ignores the body.
    pub(crate) content: Option<TokenStream>,
}

impl ReplyEnum {
    /// The enum, or `None` when the item is not one.
    pub(crate) fn from_syn(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let written = match syn::parse2::<DeriveInput>(item) {
            Ok(written) => written,
            Err(error) => {
                errors.push_at(error.span(), error.to_string());
                return None;
            }
        };
        let Data::Enum(DataEnum { variants, .. }) = &written.data else {
            errors.push(
                &written.ident,
                "`FromReply` is derived for an enum with a variant for each status; \
                 a struct that is `Deserialize` needs no derive",
            );
            return None;
        };
        let attributes = EnumAttributes::from_syn(&written.attrs, errors);
        let (implementation, name, where_clause) = written.generics.split_for_impl();
        Some(Self {
            library: attributes.library,
            ident: written.ident.clone(),
            generics: [
                implementation.to_token_stream(),
                name.to_token_stream(),
                where_clause.to_token_stream(),
            ],
            variants: variants
                .iter()
                .map(|variant| ReplyVariant::from_syn(variant, errors))
                .collect(),
        })
    }
}

impl ReplyVariant {
    fn from_syn(variant: &Variant, errors: &mut Errors) -> Self {
        let attributes = VariantAttributes::from_syn(&variant.attrs, &variant.ident, errors);
        let content = match &variant.fields {
            Fields::Unit => None,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                fields.unnamed.first().map(|field| field.ty.to_token_stream())
            }
            fields @ (Fields::Unnamed(_) | Fields::Named(_)) => {
                errors.push(
                    fields,
                    format!(
                        "a variant holds the reply's body as one value, as in `{}(Body)`, or nothing",
                        variant.ident
                    ),
                );
                None
            }
        };
        Self {
            ident: variant.ident.clone(),
            statuses: attributes.statuses,
            conditions: attributes.carried,
            content,
        }
    }
}
