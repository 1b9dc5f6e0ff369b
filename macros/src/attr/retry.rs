//! `retry(times = 3, backoff = "exponential", delay = "100ms", max_delay = "5s", on = [409])`, `retry(off)`.

use proc_macro2::Ident;

use super::argument::{Arguments, Form, Value};
use super::{off, value};
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::suggest;
use crate::symbol::{BACKOFF, DELAY, IN_RETRY, MAX_DELAY, OFF, ON, Symbol, TIMES};

/// What a user says about retries.
pub(crate) enum Retry {
    Off,
    On(RetryPolicy),
}

/// Only what was written; the rest is the runtime's default.
#[derive(Default)]
pub(crate) struct RetryPolicy {
    pub(crate) times: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) delay: Option<Spanned<u64>>,
    pub(crate) max_delay: Option<Spanned<u64>>,
    pub(crate) on: Option<Spanned<Vec<u16>>>,
}

/// How the delays grow.
#[derive(Clone, Copy)]
pub(crate) enum Backoff {
    Exponential,
    Linear,
    Fixed,
}

const BACKOFFS: &[(Symbol, Backoff)] = &[
    (Symbol("exponential"), Backoff::Exponential),
    (Symbol("linear"), Backoff::Linear),
    (Symbol("fixed"), Backoff::Fixed),
];

/// The arguments of `retry`.
pub(crate) fn read(arguments: Arguments, errors: &mut Errors) -> Retry {
    if arguments.list.is_empty() {
        errors.push_at(
            arguments.span,
            format!("`retry` says nothing; {}", suggest::expected(IN_RETRY)),
        );
    }
    let named = arguments.named(IN_RETRY, &[], errors);
    if let Some((_, word, form)) = named.iter().find(|(symbol, _, _)| *symbol == OFF) {
        off::check_alone(word, form, named.len(), errors);
        return Retry::Off;
    }
    let mut policy = RetryPolicy::default();
    for (symbol, word, form) in &named {
        read_argument(&mut policy, *symbol, word, form, errors);
    }
    check_delays(&policy, errors);
    Retry::On(policy)
}

fn read_argument(policy: &mut RetryPolicy, symbol: Symbol, word: &Ident, form: &Form, errors: &mut Errors) {
    match symbol {
        TIMES => policy.times = value::assigned(word, form, value::count, "3", errors),
        BACKOFF => policy.backoff = value::assigned(word, form, backoff, "\"exponential\"", errors),
        DELAY => policy.delay = value::assigned(word, form, value::milliseconds, "\"100ms\"", errors),
        MAX_DELAY => policy.max_delay = value::assigned(word, form, value::milliseconds, "\"5s\"", errors),
        ON => policy.on = value::assigned(word, form, value::error_statuses, "[409]", errors),
        // `named` lets no other word through.
        _ => {}
    }
}

fn backoff(written: &Value, errors: &mut Errors) -> Option<Backoff> {
    value::one_of(written, "backoff", BACKOFFS, errors)
}

fn check_delays(policy: &RetryPolicy, errors: &mut Errors) {
    if let (Some(delay), Some(max_delay)) = (policy.delay, policy.max_delay)
        && delay.value > max_delay.value
    {
        errors.push_at(
            delay.span,
            "`delay` is above `max_delay`; expected at most `max_delay`",
        );
    }
}
