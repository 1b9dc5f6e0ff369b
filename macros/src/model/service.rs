//! From the trait's syntax to [`Service`].

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ItemTrait, TraitItem};

use super::{Item, Method, Service, bounds};
use crate::attr::{ServiceArguments, check_trait_attributes, clean};
use crate::errors::Errors;

impl Service {
    /// The service, or `None` when the item is not a trait.
    pub(crate) fn from_syn(arguments: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let written = match syn::parse2::<ItemTrait>(item.clone()) {
            Ok(written) => written,
            Err(error) => {
                report_unreadable(item, &error, errors);
                return None;
            }
        };
        let arguments = ServiceArguments::parse(arguments, errors);
        let is_plain = check_shape(&written, errors);
        let foreign = check_trait_attributes(&written.attrs, errors);
        let erased = arguments.erased;
        let mut supertraits = written.supertraits;
        bounds::add(&mut supertraits);
        Some(Self {
            arguments,
            foreign,
            visibility: written.vis.to_token_stream(),
            ident: written.ident,
            where_clause: written.generics.where_clause.to_token_stream(),
            generics: written.generics.into_token_stream(),
            supertraits: supertraits.into_token_stream(),
            items: written
                .items
                .into_iter()
                .map(|item| Item::from_syn(item, erased, errors))
                .collect(),
            is_plain,
        })
    }
}

impl Item {
    fn from_syn(item: TraitItem, erased: bool, errors: &mut Errors) -> Self {
        match item {
            TraitItem::Fn(method) => Self::Method(Box::new(Method::from_syn(method, erased, errors))),
            other => Self::Foreign(clean(other.into_token_stream())),
        }
    }
}

/// Whether a client without type parameters can implement the trait.
fn check_shape(written: &ItemTrait, errors: &mut Errors) -> bool {
    let mut is_plain = true;
    let mut refuse = |place: &dyn ToTokens, message: &str| {
        errors.push(&place.to_token_stream(), message);
        is_plain = false;
    };
    if !written.generics.params.is_empty() {
        refuse(
            &written.generics.params,
            "a service has no generic parameters: one client implements the trait, for one remote service; \
             put them on the methods",
        );
    } else if let Some(where_clause) = &written.generics.where_clause {
        refuse(
            where_clause,
            "a service has no where clause; put it on the methods",
        );
    }
    if let Some(unsafety) = &written.unsafety {
        refuse(unsafety, "a service is a safe trait; drop `unsafe`");
    }
    if let Err(error) = written.modifiers.require_empty() {
        refuse(&TokenStream::new(), &error.to_string());
    }
    for item in &written.items {
        if let Some(message) = foreign_item(item) {
            refuse(item, message);
        }
    }
    is_plain
}

fn foreign_item(item: &TraitItem) -> Option<&'static str> {
    match item {
        TraitItem::Fn(_) => None,
        TraitItem::Type(_) => Some(
            "a service has no associated types: the types of a remote service are known; name the type in the method",
        ),
        TraitItem::Const(_) => Some("a service has no associated constants; it has methods only"),
        TraitItem::Macro(_) => {
            Some("a service cannot contain a macro: what it expands to is not seen; write the methods")
        }
        _ => Some("a service has methods only"),
    }
}

/// Says what stands there instead of a trait.
fn report_unreadable(item: TokenStream, error: &syn::Error, errors: &mut Errors) {
    const KINDS: &[&str] = &[
        "struct",
        "enum",
        "union",
        "fn",
        "impl",
        "mod",
        "const",
        "static",
        "type",
        "use",
        "macro_rules",
    ];
    for token in item {
        let TokenTree::Ident(word) = token else { continue };
        if word == "trait" {
            break;
        }
        if let Some(kind) = KINDS.iter().find(|kind| word == **kind) {
            errors.push(&word, format!("`#[service]` goes on a trait, this is `{kind}`"));
            return;
        }
    }
    errors.push_at(error.span(), format!("`#[service]` goes on a trait; {error}"));
}
