//! `#[event("name", version = 1, target = "agent-service", priority = "high", expires = "24h")]`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Fields};

use super::argument::{Arguments, Form};
use super::priority::Priority;
use super::{address, arguments_of, priority, span_of, value};
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::symbol::{CRATE, EVENT, EXPIRES, IN_EVENT, PRIORITY, Symbol, TARGET, VERSION};

/// What a type says of itself to be an event; only what was written.
pub(crate) struct EventAttributes {
    /// The path of this library in the user's crate.
    pub(crate) library: TokenStream,
    /// Empty after a mistake that has been reported.
    pub(crate) name: String,
    pub(crate) version: Option<u32>,
    pub(crate) target: Option<String>,
    pub(crate) priority: Option<Priority>,
    /// In milliseconds.
    pub(crate) expires: Option<Spanned<u64>>,
}

const EXAMPLE: &str = "`#[event(\"order_paid\")]`";

impl EventAttributes {
    pub(crate) fn from_syn(written: &[Attribute], ident: &Ident, errors: &mut Errors) -> Self {
        let mut read = Self {
            library: quote!(::trunkline),
            name: String::new(),
            version: None,
            target: None,
            priority: None,
            expires: None,
        };
        let mut ours = written.iter().filter(|attribute| is_ours(attribute));
        match ours.next() {
            Some(attribute) => {
                if let Some(arguments) = arguments_of(attribute, errors) {
                    read.take_all(arguments, errors);
                }
            }
            None => errors.push(
                ident,
                format!("`{ident}` has no name as an event; expected {EXAMPLE} on the type"),
            ),
        }
        for second in ours {
            errors.push_at(span_of(second), "duplicate attribute `event`; it is given once");
        }
        read
    }

    fn take_all(&mut self, mut arguments: Arguments, errors: &mut Errors) {
        let place = arguments.first_span();
        match arguments.take_text() {
            Some(name) => self.name = address::event_name(name, errors),
            None => errors.push_at(
                place,
                format!("an event has a name, which comes first: {EXAMPLE}"),
            ),
        }
        for (symbol, word, form) in arguments.named(IN_EVENT, &[], errors) {
            self.take(symbol, &word, &form, errors);
        }
    }

    fn take(&mut self, symbol: Symbol, word: &Ident, form: &Form, errors: &mut Errors) {
        match symbol {
            VERSION => self.version = value::assigned(word, form, value::version, "2", errors),
            TARGET => {
                self.target = value::assigned(word, form, address::target, "\"agent-service\"", errors);
            }
            PRIORITY => self.priority = value::assigned(word, form, priority::read, "\"high\"", errors),
            EXPIRES => self.expires = value::assigned(word, form, value::age, "\"24h\"", errors),
            CRATE => {
                if let Some(path) = value::assigned(word, form, value::path, "::my::trunkline", errors) {
                    self.library = path;
                }
            }
            // `named` lets no other word through.
            _ => {}
        }
    }
}

/// The compiler lets the attribute stand on fields and variants, where nobody would read it.
pub(crate) fn refuse_event(written: &[Attribute], errors: &mut Errors) {
    for attribute in written.iter().filter(|attribute| is_ours(attribute)) {
        errors.push_at(span_of(attribute), "`#[event]` belongs on the type");
    }
}

/// As [`refuse_event`], on each of the fields.
pub(crate) fn refuse_event_on_fields(fields: &Fields, errors: &mut Errors) {
    for field in fields {
        refuse_event(&field.attrs, errors);
    }
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident(EVENT.0)
}
