//! The arguments of `#[service]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Attribute;

use super::argument::{Arguments, Form, Value};
use super::foreign::place_of;
use super::{Attributes, Foreign, envelope, header, retry, span_of, value};
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::symbol::{CRATE, DYN, ENVELOPE, HEADER, IN_ENVELOPE, IN_SERVICE, PREFIX, RETRY, Symbol, TIMEOUT};
use crate::template::Template;

/// What `#[service("name", …)]` says.
pub(crate) struct ServiceArguments {
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) attributes: Attributes,
    /// Whether a `Dyn{Trait}` is wanted.
    pub(crate) erased: bool,
    /// The path of this library in the user's crate.
    pub(crate) library: TokenStream,
}

const EXAMPLE: &str = "`#[service(\"model-service\")]`";

impl ServiceArguments {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Arguments::parse(tokens, "#[service]".to_owned(), Span::call_site(), errors);
        let mut read = Self {
            name: take_name(&mut arguments, errors),
            prefix: String::new(),
            attributes: Attributes::default(),
            erased: false,
            library: quote!(::trunkline),
        };
        for (symbol, word, form) in arguments.named(IN_SERVICE, &[HEADER], errors) {
            read.take(symbol, &word, form, errors);
        }
        read
    }

    fn take(&mut self, symbol: Symbol, word: &Ident, form: Form, errors: &mut Errors) {
        match symbol {
            PREFIX => {
                self.prefix = value::assigned(word, &form, prefix, "\"/api/v1\"", errors).unwrap_or_default();
            }
            TIMEOUT => {
                self.attributes.timeout =
                    value::assigned(word, &form, value::milliseconds, "\"30s\"", errors);
            }
            CRATE => {
                if let Some(path) = value::assigned(word, &form, value::path, "::my::trunkline", errors) {
                    self.library = path;
                }
            }
            DYN => {
                self.erased = true;
                if !matches!(form, Form::Alone) {
                    errors.push(word, "`dyn` takes no value; write `dyn` alone");
                }
            }
            HEADER => {
                let header = listed(word, form, errors).and_then(|list| header::read_static(list, errors));
                self.attributes.headers.extend(header);
            }
            RETRY => {
                self.attributes.retry = listed(word, form, errors).map(|list| retry::read(list, errors));
            }
            ENVELOPE => {
                let list = match form {
                    Form::Alone => Some(empty(word)),
                    Form::Value(_) | Form::List(_) => listed(word, form, errors),
                };
                self.attributes.envelope = list.map(|list| envelope::read(list, IN_ENVELOPE, errors));
            }
            // `named` lets no other word through.
            _ => {}
        }
    }
}

/// The string that comes first.
fn take_name(arguments: &mut Arguments, errors: &mut Errors) -> String {
    let place = arguments.first_span();
    let Some(name) = arguments.take_text() else {
        let message = format!("a service has a name, which comes first: {EXAMPLE}");
        errors.push_at(place, message);
        return String::new();
    };
    checked_name(name, errors)
}

/// A name becomes part of environment variables and of configuration keys.
fn checked_name(name: Spanned<String>, errors: &mut Errors) -> String {
    let Spanned { value, span } = name;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    match value.chars().find(|letter| !is_letter(*letter)) {
        None if value.is_empty() => errors.push_at(span, format!("a service's name is empty; expected {EXAMPLE}")),
        Some(letter) => errors.push_at(
            span,
            format!("{letter:?} is not legal in a service's name; expected ASCII letters, digits, `-`, `_` and `.`"),
        ),
        None => {}
    }
    value
}

fn prefix(written: &Value, errors: &mut Errors) -> Option<String> {
    let text = value::text(written, errors)?;
    match Template::parse_prefix(&text.value) {
        Ok(template) => Some(template.text),
        Err(message) => {
            errors.push_at(text.span, message);
            None
        }
    }
}

/// What stands in the parentheses of `word(…)`.
fn listed(word: &Ident, form: Form, errors: &mut Errors) -> Option<Arguments> {
    match form {
        Form::List(tokens) => Some(Arguments::parse(tokens, word.to_string(), word.span(), errors)),
        Form::Alone | Form::Value(_) => {
            errors.push(
                word,
                format!("`{word}` takes its arguments in parentheses: `{word}(…)`"),
            );
            None
        }
    }
}

fn empty(word: &Ident) -> Arguments {
    Arguments {
        of: word.to_string(),
        span: word.span(),
        list: Vec::new(),
    }
}

/// Passes a trait's attributes on; a word of ours among them would be read by nobody.
pub(crate) fn check_trait_attributes(written: &[Attribute], errors: &mut Errors) -> Foreign {
    let mut foreign = Foreign::default();
    for attribute in written {
        let word = attribute.path().get_ident().map(ToString::to_string);
        match word.and_then(|word| Some((place_of(&word, &[])?, word))) {
            Some((place, word)) => errors.push_at(span_of(attribute), format!("`#[{word}]` {place}")),
            None => foreign.pass_on(attribute),
        }
    }
    foreign
}
