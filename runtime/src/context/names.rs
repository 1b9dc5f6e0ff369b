//! The headers that carry a context.

use http::HeaderName;

pub(super) static X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
pub(super) static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(super) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(super) static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
pub(super) static BAGGAGE: HeaderName = HeaderName::from_static("baggage");
pub(super) static X_REQUEST_TIMEOUT_MS: HeaderName = HeaderName::from_static("x-request-timeout-ms");
pub(super) static X_RETRY_ATTEMPT: HeaderName = HeaderName::from_static("x-retry-attempt");

/// What every call writes anew, over anything that a setting says.
static OF_EVERY_CALL: [&HeaderName; 5] = [
    &X_TRACE_ID,
    &X_REQUEST_ID,
    &TRACEPARENT,
    &X_REQUEST_TIMEOUT_MS,
    &X_RETRY_ATTEMPT,
];

/// Whether every call has a value of its own for this header, so that a fixed one would never be sent.
pub(crate) fn is_of_every_call(name: &HeaderName) -> bool {
    OF_EVERY_CALL.contains(&name)
}

/// Whether this header says what an attempt is measured by, which nobody knows but the attempt.
pub(crate) fn is_of_every_attempt(name: &HeaderName) -> bool {
    [&X_REQUEST_TIMEOUT_MS, &X_RETRY_ATTEMPT].contains(&name)
}

/// Whether this header tells another server where a call stands, and nothing else. `baggage` does: what is in it is the
/// application's.
pub(crate) fn is_of_the_context(name: &HeaderName) -> bool {
    is_of_every_call(name) || *name == TRACESTATE
}
