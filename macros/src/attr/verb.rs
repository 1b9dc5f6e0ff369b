//! `#[get("/p")]` and its kin, `#[request("PURGE", "/p")]`.

use proc_macro2::Ident;
use syn::Lit;

use super::argument::{Argument, Arguments, Form, Key};
use super::header::is_token_letter;
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::symbol::{DELETE, GET, HEAD, HTTP_METHODS, OPTIONS, PATCH, POST, PUT, REQUEST, Symbol};
use crate::template::Template;

/// What makes a method an endpoint.
pub(crate) struct Verb {
    pub(crate) word: Ident,
    pub(crate) symbol: Symbol,
    /// `None` after a mistake that has been reported.
    pub(crate) method: Option<String>,
    pub(crate) template: Option<Spanned<Template>>,
}

/// What the arguments left over become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leftover {
    Body,
    Query,
    /// Every argument of `#[request]` says what it is.
    Nothing,
}

impl Verb {
    /// The arguments of a verb: the path, and before it the HTTP method of `#[request]`.
    pub(crate) fn read(word: Ident, symbol: Symbol, arguments: &Arguments, errors: &mut Errors) -> Self {
        if symbol == REQUEST {
            return Self::read_request(word, arguments, errors);
        }
        let template = texts(arguments, 1, &format!("#[{word}(\"/path\")]"), errors)
            .and_then(|mut texts| texts.pop())
            .and_then(|text| template(&text, errors));
        let method = Some(word.to_string().to_ascii_uppercase());
        Self {
            word,
            symbol,
            method,
            template,
        }
    }

    fn read_request(word: Ident, arguments: &Arguments, errors: &mut Errors) -> Self {
        let texts = texts(arguments, 2, "#[request(\"PURGE\", \"/path\")]", errors).unwrap_or_default();
        let mut texts = texts.into_iter();
        let method = texts.next().and_then(|text| http_method(text, errors));
        let template = texts.next().and_then(|text| template(&text, errors));
        Self {
            word,
            symbol: REQUEST,
            method,
            template,
        }
    }

    /// What the endpoint is called by: the attribute's word, or the HTTP method that `#[request]` names.
    pub(crate) fn name(&self) -> String {
        match &self.method {
            Some(method) if self.symbol == REQUEST => method.clone(),
            Some(_) | None => self.word.to_string(),
        }
    }

    pub(crate) fn leftover(&self) -> Leftover {
        match self.symbol {
            POST | PUT | PATCH => Leftover::Body,
            GET | HEAD | DELETE | OPTIONS => Leftover::Query,
            _ => Leftover::Nothing,
        }
    }

    pub(crate) fn forbids_body(&self) -> bool {
        matches!(self.method.as_deref(), Some("GET" | "HEAD"))
    }

    /// Safe to repeat without being declared so (RFC 9110, section 9.2.2), but for TRACE, which no service has.
    pub(crate) fn is_idempotent(&self) -> bool {
        matches!(
            self.method.as_deref(),
            Some("GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE") | None
        )
    }
}

/// Exactly `count` strings.
fn texts(
    arguments: &Arguments,
    count: usize,
    form: &str,
    errors: &mut Errors,
) -> Option<Vec<Spanned<String>>> {
    let mut texts = Vec::new();
    for argument in &arguments.list {
        match argument {
            Argument {
                key: Key::Literal(Lit::Str(text)),
                form: Form::Alone,
            } => {
                texts.push(Spanned::new(text.value(), text.span()));
            }
            Argument { key, .. } => {
                errors.push(key, format!("expected a string literal: `{form}`"));
                return None;
            }
        }
    }
    match texts.get(count) {
        Some(extra) => errors.push_at(extra.span, format!("unexpected argument; expected `{form}`")),
        None if texts.len() < count => {
            errors.push_at(
                arguments.span,
                format!("`{}` needs its arguments: `{form}`", arguments.of),
            );
        }
        None => return Some(texts),
    }
    None
}

fn template(text: &Spanned<String>, errors: &mut Errors) -> Option<Spanned<Template>> {
    match Template::parse(&text.value) {
        Ok(template) => Some(Spanned::new(template, text.span)),
        Err(message) => {
            errors.push_at(text.span, message);
            None
        }
    }
}

/// An HTTP method is a case-sensitive token (RFC 9110, section 9.1).
fn http_method(text: Spanned<String>, errors: &mut Errors) -> Option<String> {
    let Spanned { value, span } = text;
    let capitals = value.to_ascii_uppercase();
    let message = if value.is_empty() || !value.chars().all(is_token_letter) {
        format!("{value:?} is not an HTTP method; expected a word such as `PURGE`")
    } else if value == "CONNECT" {
        "a `CONNECT` asks for a tunnel and has no path; expected another method, such as `PURGE`".to_owned()
    } else if value != capitals
        && HTTP_METHODS
            .iter()
            .any(|symbol| symbol.0.eq_ignore_ascii_case(&value))
    {
        format!(
            "an HTTP method is case-sensitive, `{value}` is not `{capitals}`\nhelp: write `\"{capitals}\"`"
        )
    } else {
        return Some(value);
    };
    errors.push_at(span, message);
    None
}
