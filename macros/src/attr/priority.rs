//! `priority = "high"`

use super::argument::Value;
use super::value;
use crate::errors::Errors;
use crate::suggest;
use crate::symbol::Symbol;

/// How urgent an event is.
#[derive(Clone, Copy)]
pub(crate) enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

/// `critical` is what other publishers call `urgent`.
const PRIORITIES: &[(Symbol, Priority)] = &[
    (Symbol("low"), Priority::Low),
    (Symbol("normal"), Priority::Normal),
    (Symbol("high"), Priority::High),
    (Symbol("urgent"), Priority::Urgent),
    (Symbol("critical"), Priority::Urgent),
];

/// The priority that a string says.
pub(crate) fn read(written: &Value, errors: &mut Errors) -> Option<Priority> {
    let text = value::text(written, errors)?;
    let found = PRIORITIES.iter().find(|(symbol, _)| symbol.0 == text.value);
    if found.is_none() {
        let known: Vec<Symbol> = PRIORITIES.iter().map(|(symbol, _)| *symbol).collect();
        let (expected, help) = (
            suggest::expected(&known),
            suggest::help("a priority", &text.value, &known),
        );
        let message = format!("unknown priority `{}`; {expected}{help}", text.value);
        errors.push_at(text.span, message);
    }
    found.map(|(_, priority)| *priority)
}
