//! `#[status(201)]`, `#[status(other)]` and `#[reply(crate = ::path)]` of `#[derive(FromReply)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Lit};

use super::argument::{Argument, Arguments, Form, Key};
use super::{arguments_of, span_of, value};
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::suggest;
use crate::symbol::{CFG, CRATE, OTHER, REPLY, STATUS, Symbol};

/// What an enum's attributes say.
pub(crate) struct EnumAttributes {
    pub(crate) library: TokenStream,
}

/// What a variant's attributes say.
pub(crate) struct VariantAttributes {
    /// Empty after a mistake that has been reported.
    pub(crate) statuses: Vec<Spanned<Status>>,
    pub(crate) carried: TokenStream,
}

/// Which replies a variant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Code(u16),
    Other,
}

impl EnumAttributes {
    pub(crate) fn from_syn(written: &[Attribute], errors: &mut Errors) -> Self {
        let mut library = quote!(::trunkline);
        for attribute in written
            .iter()
            .filter(|attribute| attribute.path().is_ident(REPLY.0))
        {
            let Some(arguments) = arguments_of(attribute, errors) else {
                continue;
            };
            for (_, word, form) in arguments.named(&[CRATE], &[], errors) {
                let path = value::assigned(&word, &form, value::path, "::my::trunkline", errors);
                library = path.unwrap_or(library);
            }
        }
        for attribute in written
            .iter()
            .filter(|attribute| attribute.path().is_ident(STATUS.0))
        {
            errors.push_at(span_of(attribute), "`#[status]` belongs on a variant of the enum");
        }
        Self { library }
    }
}

impl VariantAttributes {
    pub(crate) fn from_syn(written: &[Attribute], variant: &syn::Ident, errors: &mut Errors) -> Self {
        let mut statuses = Vec::new();
        let mut carried = TokenStream::new();
        let mut seen = false;
        for attribute in written {
            if attribute.path().is_ident(STATUS.0) {
                seen = true;
                let arguments = arguments_of(attribute, errors);
                statuses.extend(arguments.into_iter().flat_map(|list| read_statuses(list, errors)));
            } else if attribute.path().is_ident(REPLY.0) {
                errors.push_at(span_of(attribute), "`#[reply]` belongs on the enum");
            } else if attribute.path().is_ident(CFG.0) {
                attribute.to_tokens(&mut carried);
            }
        }
        if !seen {
            errors.push(
                variant,
                format!("variant `{variant}` has no status; expected `#[status(201)]` or `#[status(other)]`"),
            );
        }
        Self { statuses, carried }
    }
}

fn read_statuses(arguments: Arguments, errors: &mut Errors) -> Vec<Spanned<Status>> {
    if arguments.list.is_empty() {
        errors.push_at(
            arguments.span,
            "`#[status]` needs an HTTP status, such as `#[status(201)]`, or `other`",
        );
    }
    arguments
        .list
        .into_iter()
        .filter_map(|argument| read_status(argument, errors))
        .collect()
}

fn read_status(argument: Argument, errors: &mut Errors) -> Option<Spanned<Status>> {
    let span = match &argument.key {
        Key::Word(word) => word.span(),
        Key::Literal(literal) => literal.span(),
    };
    match (&argument.key, &argument.form) {
        (Key::Word(word), Form::Alone) if OTHER == *word => Some(Spanned::new(Status::Other, span)),
        (Key::Word(word), _) => {
            errors.push(word, unknown_status(word));
            None
        }
        (Key::Literal(Lit::Int(_)), Form::Alone) => {
            value::status(&argument.into_value(), errors).map(|code| Spanned::new(Status::Code(code), span))
        }
        (Key::Literal(_), _) => {
            errors.push_at(span, "expected an HTTP status from 100 to 599, or `other`");
            None
        }
    }
}

fn unknown_status(word: &proc_macro2::Ident) -> String {
    let known: &[Symbol] = &[OTHER];
    let help = suggest::help("a word", &word.to_string(), known);
    format!("unknown status `{word}`; expected an HTTP status from 100 to 599, or `other`{help}")
}
