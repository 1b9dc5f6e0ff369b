//! `priority = "high"`

use super::argument::Value;
use super::value;
use crate::errors::Errors;
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
    value::one_of(written, "priority", PRIORITIES, errors)
}
