//! The first stage: attributes, from tokens to typed values.

mod address;
pub(crate) mod argument;
mod clean;
pub(crate) mod envelope;
mod event;
mod foreign;
pub(crate) mod header;
mod method;
mod off;
mod parameter;
mod priority;
mod publish;
mod reply;
pub(crate) mod retry;
mod service;
mod value;
mod verb;

use proc_macro2::Span;
use syn::{Attribute, Meta};

use crate::errors::Errors;
use crate::spanned::Spanned;
use argument::Arguments;
use envelope::Envelope;
use header::StaticHeader;
use retry::Retry;

pub(crate) use address::check_target;
pub(crate) use clean::clean;
pub(crate) use event::{EventAttributes, refuse_event, refuse_event_on_fields};
pub(crate) use foreign::Foreign;
pub(crate) use method::{MethodAttributes, Role};
pub(crate) use parameter::{Binding, ParameterAttributes, Source};
pub(crate) use priority::Priority;
pub(crate) use publish::Publish;
pub(crate) use reply::{EnumAttributes, Status, VariantAttributes};
pub(crate) use service::{ServiceArguments, check_trait_attributes};
pub(crate) use verb::{Leftover, Verb};

/// What an endpoint or its service says about its calls; only what was written.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) headers: Vec<StaticHeader>,
    pub(crate) timeout: Option<Spanned<u64>>,
    pub(crate) attempt_timeout: Option<Spanned<u64>>,
    pub(crate) retry: Option<Retry>,
    pub(crate) breaker_off: bool,
    /// The name of the header that carries the key.
    pub(crate) idempotent: Option<String>,
    pub(crate) none_on: Option<Spanned<Vec<u16>>>,
    pub(crate) envelope: Option<Envelope>,
}

/// The arguments of an attribute; one without any has an empty list.
fn arguments_of(attribute: &Attribute, errors: &mut Errors) -> Option<Arguments> {
    let path = attribute.path();
    let word = path.get_ident().map_or_else(String::new, ToString::to_string);
    let of = format!("#[{word}]");
    match &attribute.meta {
        Meta::Path(_) => Some(Arguments {
            of,
            span: span_of(attribute),
            list: Vec::new(),
        }),
        Meta::List(list) => Some(Arguments::parse(
            list.tokens.clone(),
            of,
            span_of(attribute),
            errors,
        )),
        Meta::NameValue(_) => {
            errors.push(
                path,
                format!("`{word}` takes its arguments in parentheses: `#[{word}(…)]`"),
            );
            None
        }
    }
}

/// The word of an attribute, which stands for the whole of it.
fn span_of(attribute: &Attribute) -> Span {
    let ident = attribute
        .path()
        .segments
        .first()
        .map(|segment| segment.ident.span());
    ident.unwrap_or_else(Span::call_site)
}
