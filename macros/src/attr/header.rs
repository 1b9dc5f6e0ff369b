//! `header("Name" = "value")` on a service or a method, `#[header("Name")]` on an argument.

use syn::Lit;

use super::argument::{Argument, Arguments, Form, Key};
use super::value;
use crate::errors::Errors;
use crate::spanned::Spanned;

/// A header with a value known at expansion.
pub(crate) struct StaticHeader {
    pub(crate) name: String,
    pub(crate) value: String,
}

const EXAMPLE: &str = "`header(\"X-Name\" = \"value\")`";

/// `("Name" = "value")`
pub(crate) fn read_static(arguments: Arguments, errors: &mut Errors) -> Option<StaticHeader> {
    let span = arguments.span;
    let mut list = arguments.list.into_iter();
    match (list.next(), list.next()) {
        (
            Some(Argument {
                key: Key::Literal(Lit::Str(name)),
                form: Form::Value(content),
            }),
            None,
        ) => {
            let name = checked_name(Spanned::new(name.value(), name.span()), errors)
                .and_then(|written| fixed_name(Spanned::new(written, name.span()), errors));
            let content = value::text(&content, errors).and_then(|text| checked_value(text, errors));
            Some(StaticHeader {
                name: name?,
                value: content?,
            })
        }
        (
            Some(Argument {
                key: Key::Literal(Lit::Str(name)),
                form: Form::Alone,
            }),
            None,
        ) => {
            errors.push(&name, format!("a static header needs a value: {EXAMPLE}"));
            None
        }
        (Some(Argument { key, .. }), None) => {
            errors.push(&key, format!("expected a header's name and value: {EXAMPLE}"));
            None
        }
        (Some(_), Some(second)) => {
            errors.push(
                &second.key,
                format!("expected one header; repeat the attribute for another: {EXAMPLE}"),
            );
            None
        }
        (None, _) => {
            errors.push_at(span, format!("expected a header's name and value: {EXAMPLE}"));
            None
        }
    }
}

/// A header whose one value stands in the source: not one that each call writes anew, over any fixed value.
fn fixed_name(name: Spanned<String>, errors: &mut Errors) -> Option<String> {
    let Spanned { value, span } = name;
    if !is_among(&value, OF_EVERY_CALL) {
        return Some(value);
    }
    errors.push_at(
        span,
        format!(
            "every call has a `{value}` of its own, so a fixed one would never be sent; the context says it, or an \
             argument with `#[header(\"{value}\")]`"
        ),
    );
    None
}

fn is_among(name: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// What every call writes for itself, and a caller may say for one call.
const OF_EVERY_CALL: &[&str] = &["x-trace-id", "x-request-id", "traceparent"];

/// What an attempt is measured by, which nobody says but the call.
const OF_EVERY_ATTEMPT: &[&str] = &["x-request-timeout-ms", "x-retry-attempt"];

/// What frames a message on its connection.
const FRAMING: &[&str] = &[
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// A legal header name (RFC 9110, section 5.1), of a header that the transport and the call leave to the user.
pub(crate) fn checked_name(name: Spanned<String>, errors: &mut Errors) -> Option<String> {
    let illegal = name.value.chars().find(|letter| !is_token_letter(*letter));
    let message = match illegal {
        None if name.value.is_empty() => "a header's name is empty; expected one such as `X-Name`".to_owned(),
        None if is_among(&name.value, FRAMING) => format!(
            "`{}` frames the message, and the transport writes it; leave it out",
            name.value
        ),
        None if is_among(&name.value, OF_EVERY_ATTEMPT) => format!(
            "`{}` is written by each attempt of a call; leave it out, or set the call's timeout and retries",
            name.value
        ),
        None => return Some(name.value),
        Some(letter) => format!(
            "{letter:?} is not legal in a header's name; expected letters, digits and any of `!#$%&'*+-.^_`|~`"
        ),
    };
    errors.push_at(name.span, message);
    None
}

/// What a token is made of (RFC 9110, section 5.6.2).
pub(crate) fn is_token_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter)
}

/// A legal header value: visible ASCII, spaces and tabs inside (RFC 9110, section 5.5).
fn checked_value(content: Spanned<String>, errors: &mut Errors) -> Option<String> {
    let Spanned { value, span } = content;
    match illegal_in_value(&value) {
        None => Some(value),
        Some(reason) => {
            errors.push_at(span, reason);
            None
        }
    }
}

fn illegal_in_value(value: &str) -> Option<String> {
    if value.trim_matches([' ', '\t']) != value {
        return Some("a header's value neither starts nor ends with a space".to_owned());
    }
    let illegal = value.chars().find(|letter| !matches!(letter, ' '..='~' | '\t'))?;
    Some(format!(
        "{illegal:?} is not legal in a header's value; expected visible ASCII, spaces and tabs"
    ))
}

/// The name in `#[header("Name")]` on an argument.
pub(crate) fn read_name(arguments: Arguments, errors: &mut Errors) -> Option<String> {
    if let Some(Argument {
        form: Form::Value(content),
        ..
    }) = arguments.list.first()
    {
        errors.push(
            content,
            "a header with a value goes on the method; on an argument write `#[header(\"X-Name\")]`",
        );
        return None;
    }
    let name = value::only(arguments, value::text, "\"X-Name\"", errors)?;
    checked_name(name, errors)
}
