//! Values of arguments, each read into its type once.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Lit;

use super::argument::{Argument, Arguments, Form, Key, Value};
use crate::duration;
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::suggest;
use crate::symbol::Symbol;

/// Reads a value, or pushes what was expected instead.
pub(crate) type Reader<T> = fn(&Value, &mut Errors) -> Option<T>;

/// The value behind `name = `.
pub(crate) fn assigned<T>(
    name: &Ident,
    form: &Form,
    reader: Reader<T>,
    example: &str,
    errors: &mut Errors,
) -> Option<T> {
    match form {
        Form::Value(value) => reader(value, errors),
        Form::Alone | Form::List(_) => {
            errors.push(name, format!("`{name}` needs a value: `{name} = {example}`"));
            None
        }
    }
}

/// The one value in `#[attribute(value)]`.
pub(crate) fn only<T>(
    arguments: Arguments,
    reader: Reader<T>,
    example: &str,
    errors: &mut Errors,
) -> Option<T> {
    let Arguments { of, span, list } = arguments;
    let expected = format!("expected `{}({example})]`", of.trim_end_matches(']'));
    let mut list = list.into_iter();
    match (list.next(), list.next()) {
        (
            Some(Argument {
                key: Key::Literal(literal),
                form: Form::Alone,
            }),
            None,
        ) => reader(&Value::Literal(literal), errors),
        (Some(Argument { key, .. }), None) => {
            errors.push(
                &key,
                format!("`{}` is not a value; {expected}", key.to_token_stream()),
            );
            None
        }
        (Some(_), Some(second)) => {
            errors.push(
                &second.key,
                format!("`{of}` takes one value, this is another; {expected}"),
            );
            None
        }
        (None, _) => {
            errors.push_at(span, format!("`{of}` needs a value; {expected}"));
            None
        }
    }
}

/// A string.
pub(crate) fn text(value: &Value, errors: &mut Errors) -> Option<Spanned<String>> {
    match value {
        Value::Literal(Lit::Str(text)) => Some(Spanned::new(text.value(), text.span())),
        Value::Literal(_) | Value::Brackets(_, _) | Value::Path(_) | Value::Other(_) => {
            errors.push(
                value,
                format!(
                    "`{}` is not a string; expected a string literal",
                    value.to_token_stream()
                ),
            );
            None
        }
    }
}

/// One of these words, in quotes; `what` is what each of them is.
pub(crate) fn one_of<T: Copy>(
    value: &Value,
    what: &str,
    words: &[(Symbol, T)],
    errors: &mut Errors,
) -> Option<T> {
    let text = text(value, errors)?;
    let found = words.iter().find(|(symbol, _)| symbol.0 == text.value);
    if found.is_none() {
        let known: Vec<Symbol> = words.iter().map(|(symbol, _)| *symbol).collect();
        let message = format!(
            "unknown {what} `{}`; {}{}",
            text.value,
            suggest::expected(&known),
            suggest::help(&format!("a {what}"), &text.value, &known)
        );
        errors.push_at(text.span, message);
    }
    found.map(|(_, known)| *known)
}

/// A path, without quotes.
pub(crate) fn path(value: &Value, errors: &mut Errors) -> Option<TokenStream> {
    match value {
        Value::Path(path) => Some(path.to_token_stream()),
        Value::Literal(_) | Value::Brackets(_, _) | Value::Other(_) => {
            errors.push(
                value,
                "expected a path without quotes, such as `crate = ::my::trunkline`",
            );
            None
        }
    }
}

/// A duration that somebody waits, in milliseconds.
pub(crate) fn milliseconds(value: &Value, errors: &mut Errors) -> Option<Spanned<u64>> {
    duration(value, duration::LONGEST_WAIT, errors)
}

/// A duration that something is kept, in milliseconds.
pub(crate) fn age(value: &Value, errors: &mut Errors) -> Option<Spanned<u64>> {
    duration(value, duration::LONGEST_AGE, errors)
}

fn duration(value: &Value, longest: u64, errors: &mut Errors) -> Option<Spanned<u64>> {
    let Value::Literal(Lit::Str(text)) = value else {
        errors.push(
            value,
            "not a duration; expected a string with a unit, such as `\"250ms\"` or `\"2s\"`",
        );
        return None;
    };
    match duration::parse(&text.value(), longest) {
        Ok(milliseconds) => Some(Spanned::new(milliseconds, text.span())),
        Err(message) => {
            errors.push_at(text.span(), message);
            None
        }
    }
}

/// A number of tries.
pub(crate) fn count(value: &Value, errors: &mut Errors) -> Option<u32> {
    whole_number(value, 0, 100, "a whole number from 0 to 100", errors)
}

/// The version of an event's shape.
pub(crate) fn version(value: &Value, errors: &mut Errors) -> Option<u32> {
    whole_number(value, 1, u32::MAX, "a whole number from 1 to 4294967295", errors)
}

/// The status of a response.
pub(crate) fn status(value: &Value, errors: &mut Errors) -> Option<u16> {
    status_between(value, 100, 599, "an HTTP status from 100 to 599", errors)
}

/// The status of an error: a success or a redirect is an answer, not a reason to ask again.
fn error_status(value: &Value, errors: &mut Errors) -> Option<u16> {
    status_between(value, 400, 599, "the status of an error, from 400 to 599", errors)
}

/// A status that may stand for an absent value: a success has one.
fn absent_status(value: &Value, errors: &mut Errors) -> Option<u16> {
    let expected = "a status that is no success, from 300 to 599";
    status_between(value, 300, 599, expected, errors)
}

fn status_between(value: &Value, least: u32, most: u32, expected: &str, errors: &mut Errors) -> Option<u16> {
    let status = whole_number(value, least, most, expected, errors)?;
    u16::try_from(status).ok()
}

/// Statuses of errors in brackets: `[409, 423]`.
pub(crate) fn error_statuses(value: &Value, errors: &mut Errors) -> Option<Spanned<Vec<u16>>> {
    let Value::Brackets(values, span) = value else {
        errors.push(value, "expected HTTP statuses in brackets, such as `[409, 423]`");
        return None;
    };
    distinct_statuses(values, *span, error_status, errors)
}

/// Statuses that stand for an absent value.
pub(crate) fn absent_statuses(
    values: &[Value],
    span: Span,
    errors: &mut Errors,
) -> Option<Spanned<Vec<u16>>> {
    distinct_statuses(values, span, absent_status, errors)
}

/// Statuses, none of them twice and at least one.
fn distinct_statuses(
    values: &[Value],
    span: Span,
    read: Reader<u16>,
    errors: &mut Errors,
) -> Option<Spanned<Vec<u16>>> {
    if values.is_empty() {
        errors.push_at(
            span,
            "no HTTP status is given; expected at least one, such as `404`",
        );
        return None;
    }
    let mut found = Vec::new();
    for value in values {
        match read(value, errors) {
            Some(status) if found.contains(&status) => {
                errors.push(value, format!("duplicate status `{status}`; it is given once"));
            }
            Some(status) => found.push(status),
            None => {}
        }
    }
    Some(Spanned::new(found, span))
}

/// The codes of a success, as text: `[0, "0000"]`.
pub(crate) fn codes(value: &Value, errors: &mut Errors) -> Option<Vec<String>> {
    let Value::Brackets(values, span) = value else {
        errors.push(value, "expected codes in brackets, such as `[0, 200, \"0000\"]`");
        return None;
    };
    if values.is_empty() {
        errors.push_at(*span, "no code is given; expected at least one, such as `0`");
    }
    Some(values.iter().filter_map(|value| code(value, errors)).collect())
}

fn code(value: &Value, errors: &mut Errors) -> Option<String> {
    match value {
        Value::Literal(Lit::Str(text)) => Some(text.value()),
        Value::Literal(Lit::Int(number)) if number.suffix().is_empty() => {
            Some(number.base10_digits().to_owned())
        }
        Value::Literal(_) | Value::Brackets(_, _) | Value::Path(_) | Value::Other(_) => {
            errors.push(
                value,
                format!(
                    "`{}` is not a code; expected a whole number or a string",
                    value.to_token_stream()
                ),
            );
            None
        }
    }
}

fn whole_number(value: &Value, least: u32, most: u32, expected: &str, errors: &mut Errors) -> Option<u32> {
    let number = match value {
        Value::Literal(Lit::Int(number)) if number.suffix().is_empty() => number.base10_parse::<u32>().ok(),
        Value::Literal(_) | Value::Brackets(_, _) | Value::Path(_) | Value::Other(_) => None,
    };
    let number = number.filter(|number| (least..=most).contains(number));
    if number.is_none() {
        errors.push(
            value,
            format!("expected {expected}, found `{}`", value.to_token_stream()),
        );
    }
    number
}
