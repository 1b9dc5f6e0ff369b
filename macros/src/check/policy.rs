//! Do a method's policies fit each other?

use crate::attr::Verb;
use crate::attr::retry::{Retry, RetryPolicy};
use crate::errors::Errors;
use crate::model::Method;

pub(super) fn check(method: &Method, verb: &Verb, errors: &mut Errors) {
    check_timeouts(method, errors);
    check_retry(method, verb, errors);
}

fn check_timeouts(method: &Method, errors: &mut Errors) {
    if let (Some(timeout), Some(attempt)) = (method.attributes.timeout, method.attributes.attempt_timeout)
        && attempt.value > timeout.value
    {
        errors.push_at(
            attempt.span,
            "`attempt_timeout` is above the method's `timeout`, which bounds the whole call; expected at most that",
        );
    }
}

/// A status comes from a server that has acted, so what is not idempotent must not be sent again.
fn check_retry(method: &Method, verb: &Verb, errors: &mut Errors) {
    let Some(Retry::On(RetryPolicy { on: Some(on), .. })) = &method.attributes.retry else {
        return;
    };
    if verb.is_idempotent() || method.attributes.idempotent.is_some() {
        return;
    }
    let http_method = verb.method.as_deref().unwrap_or_default();
    errors.push_at(
        on.span,
        format!(
            "a {http_method} is not retried on a status, since the server has acted; \
             add `#[idempotent]` if it is safe to repeat, or drop `on`"
        ),
    );
}
