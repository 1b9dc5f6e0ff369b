//! `envelope`, `envelope(data = "result", code = "code", message = "msg", ok = [0])`, `envelope(off)`.

use super::argument::Arguments;
use super::{off, value};
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::symbol::{CODE, DATA, MESSAGE, OFF, OK, Symbol};

/// What a user says about envelopes.
pub(crate) enum Envelope {
    Off,
    /// Both shapes that the runtime knows.
    Known,
    Custom(EnvelopeKeys),
}

/// Only what was written; the rest is the runtime's default.
#[derive(Default)]
pub(crate) struct EnvelopeKeys {
    pub(crate) data: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) ok: Option<Vec<String>>,
}

/// The arguments of `envelope`, of which there may be none; `known` says whether `off` is among them.
pub(crate) fn read(arguments: Arguments, known: &[Symbol], errors: &mut Errors) -> Envelope {
    if arguments.list.is_empty() {
        return Envelope::Known;
    }
    let named = arguments.named(known, &[], errors);
    if let Some((_, word, form)) = named.iter().find(|(symbol, _, _)| *symbol == OFF) {
        off::check_alone(word, form, named.len(), errors);
        return Envelope::Off;
    }
    let mut keys = EnvelopeKeys::default();
    for (symbol, word, form) in &named {
        match *symbol {
            DATA => keys.data = value::assigned(word, form, key, "\"data\"", errors),
            CODE => keys.code = value::assigned(word, form, key, "\"code\"", errors),
            MESSAGE => keys.message = value::assigned(word, form, key, "\"message\"", errors),
            OK => keys.ok = value::assigned(word, form, value::codes, "[0, 200]", errors),
            // `named` lets no other word through.
            _ => {}
        }
    }
    Envelope::Custom(keys)
}

fn key(written: &super::argument::Value, errors: &mut Errors) -> Option<String> {
    let Spanned { value, span } = value::text(written, errors)?;
    if value.is_empty() {
        errors.push_at(span, "a key is empty; expected its name, such as `data`");
        return None;
    }
    Some(value)
}
