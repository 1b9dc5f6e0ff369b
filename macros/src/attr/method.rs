//! The attributes of a method.

use proc_macro2::Ident;
use syn::Attribute;

use super::argument::{Argument, Arguments, Value};
use super::header;
use super::{Attributes, Foreign, Publish, Verb, arguments_of, envelope, off, retry, value};
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::symbol::{
    ATTEMPT_TIMEOUT, BREAKER, ENVELOPE, HEADER, IDEMPOTENT, IN_METHOD_ENVELOPE, NONE_ON, ON_METHODS, PUBLISH,
    RETRY, Symbol, TIMEOUT, VERBS,
};

/// What a method's attributes say.
#[derive(Default)]
pub(crate) struct MethodAttributes {
    pub(crate) role: Option<Role>,
    pub(crate) attributes: Attributes,
    /// The first word that only an endpoint can have.
    pub(crate) policy_word: Option<Ident>,
    pub(crate) foreign: Foreign,
    /// Whether an attribute was meant to be one of ours, which has been reported.
    pub(crate) is_misspelt: bool,
}

/// What a method without a body is.
pub(crate) enum Role {
    Endpoint(Verb),
    Publisher(Publish),
}

const DEFAULT_KEY_HEADER: &str = "Idempotency-Key";

impl MethodAttributes {
    pub(crate) fn from_syn(written: &[Attribute], errors: &mut Errors) -> Self {
        let mut read = Self::default();
        let mut seen = Vec::new();
        for attribute in written {
            let ours = attribute
                .path()
                .get_ident()
                .and_then(|word| Some((word, Symbol::find(word, ON_METHODS)?)));
            match ours {
                Some((word, symbol)) => read.take(word, symbol, attribute, &mut seen, errors),
                None => read.is_misspelt |= !read.foreign.keep(attribute, ON_METHODS, errors),
            }
        }
        read
    }

    fn take(
        &mut self,
        word: &Ident,
        symbol: Symbol,
        attribute: &Attribute,
        seen: &mut Vec<Symbol>,
        errors: &mut Errors,
    ) {
        if let (true, Some(first)) = (VERBS.contains(&symbol), &self.role) {
            errors.push(
                word,
                format!(
                    "a method has one verb, this one has `{}` already; drop one of them",
                    first.word()
                ),
            );
            return;
        }
        if seen.contains(&symbol) && symbol != HEADER {
            errors.push(word, format!("duplicate attribute `{symbol}`; it is given once"));
            return;
        }
        seen.push(symbol);
        let arguments = arguments_of(attribute, errors);
        if VERBS.contains(&symbol) {
            self.role = Some(Role::read(word, symbol, arguments, errors));
            return;
        }
        self.policy_word.get_or_insert_with(|| word.clone());
        if let Some(arguments) = arguments {
            self.attributes.read(symbol, arguments, errors);
        }
    }
}

impl Role {
    /// The word that says it.
    pub(crate) fn word(&self) -> &Ident {
        match self {
            Self::Endpoint(verb) => &verb.word,
            Self::Publisher(publish) => &publish.word,
        }
    }

    fn read(word: &Ident, symbol: Symbol, arguments: Option<Arguments>, errors: &mut Errors) -> Self {
        let word = word.clone();
        match arguments {
            arguments if symbol == PUBLISH => Self::Publisher(Publish::read(word, arguments, errors)),
            Some(arguments) => Self::Endpoint(Verb::read(word, symbol, &arguments, errors)),
            None => Self::Endpoint(Verb {
                word,
                symbol,
                method: None,
                template: None,
            }),
        }
    }
}

impl Attributes {
    fn read(&mut self, symbol: Symbol, arguments: Arguments, errors: &mut Errors) {
        match symbol {
            TIMEOUT => self.timeout = value::only(arguments, value::milliseconds, "\"2s\"", errors),
            ATTEMPT_TIMEOUT => {
                self.attempt_timeout = value::only(arguments, value::milliseconds, "\"500ms\"", errors);
            }
            RETRY => self.retry = Some(retry::read(arguments, errors)),
            IDEMPOTENT => self.idempotent = Some(read_idempotent(arguments, errors)),
            BREAKER => {
                off::require(arguments, errors);
                self.breaker_off = true;
            }
            HEADER => self.headers.extend(header::read_static(arguments, errors)),
            NONE_ON => self.none_on = read_none_on(arguments, errors),
            ENVELOPE => self.envelope = Some(envelope::read(arguments, IN_METHOD_ENVELOPE, errors)),
            // Verbs are read by `MethodAttributes`, and there is no other word.
            _ => {}
        }
    }
}

fn read_idempotent(arguments: Arguments, errors: &mut Errors) -> String {
    let named = arguments.named(&[HEADER], &[], errors);
    let written = named
        .first()
        .and_then(|(_, word, form)| value::assigned(word, form, value::text, "\"X-Key\"", errors));
    let name = written.and_then(|name| header::checked_name(name, errors));
    name.unwrap_or_else(|| DEFAULT_KEY_HEADER.to_owned())
}

fn read_none_on(arguments: Arguments, errors: &mut Errors) -> Option<Spanned<Vec<u16>>> {
    let span = arguments.span;
    let values: Vec<Value> = arguments.list.into_iter().map(Argument::into_value).collect();
    value::absent_statuses(&values, span, errors)
}
