//! The spans of a call: one for the call at INFO, one for each attempt at DEBUG, and a WARN for each retry.
//!
//! The fields are OpenTelemetry's for HTTP clients. What is never a field: a raw path, a query, a header, a body.

use std::fmt;
use std::time::Duration;

use tracing::Span;
use tracing::field::{Empty, display};

use crate::context::CallContext;
use crate::{Error, ErrorKind};

/// What is known of a call before its first attempt.
#[derive(Clone, Copy)]
pub(crate) struct CallFields<'a> {
    /// False where logging is off: then there are no spans and no events.
    pub(crate) enabled: bool,
    pub(crate) service: &'a str,
    pub(crate) endpoint: &'a str,
    /// The HTTP method.
    pub(crate) method: &'a str,
    /// The path template, never the path.
    pub(crate) template: &'a str,
    /// `development`, `production`, …
    pub(crate) environment: &'a str,
    pub(crate) context: &'a CallContext,
}

/// The span of the whole call; the current one while the call is polled, so that attempts and retries are inside.
pub(crate) fn call_span(call: &CallFields<'_>) -> Span {
    if !call.enabled {
        return Span::none();
    }
    tracing::info_span!(
        target: "trunkline::call",
        "call",
        otel.name = %format_args!("{} {}", call.method, call.template),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = call.method,
        http.response.status_code = Empty,
        url.template = call.template,
        server.address = Empty,
        server.port = Empty,
        "error.type" = Empty,
        trunkline.service = call.service,
        trunkline.endpoint = call.endpoint,
        deployment.environment.name = call.environment,
        trace_id = call.context.trace_id(),
        request_id = call.context.request_id(),
    )
}

/// The span of one attempt at an instance, inside the current one; `retry` is 0 for the first.
pub(crate) fn attempt_span(call: &CallFields<'_>, host: &str, port: u16, retry: u32) -> Span {
    if !call.enabled {
        return Span::none();
    }
    tracing::debug_span!(
        target: "trunkline::call",
        "attempt",
        otel.name = %format_args!("{} {}", call.method, call.template),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = call.method,
        http.request.resend_count = (retry > 0).then_some(retry),
        http.response.status_code = Empty,
        url.template = call.template,
        server.address = host,
        server.port = port,
        "error.type" = Empty,
    )
}

/// Says in the call's span which instance the latest attempt goes to.
pub(crate) fn record_instance(span: &Span, host: &str, port: u16) {
    if !span.is_disabled() {
        span.record("server.address", host).record("server.port", port);
    }
}

/// Says in the span of a call or of an attempt how it ended.
pub(crate) fn record_outcome(span: &Span, status: Option<u16>, error: Option<&Error>) {
    if span.is_disabled() {
        return;
    }
    if let Some(status) = status {
        span.record("http.response.status_code", status);
    }
    let Some(error) = error else { return };
    span.record("otel.status_code", "ERROR");
    match (error.kind(), error.status_code()) {
        // The convention: a status that is the error is its type.
        (ErrorKind::Status, Some(status)) => span.record("error.type", display(status)),
        (kind, _) => span.record("error.type", kind.label()),
    };
}

/// Says that the call is tried again after this delay, and why; `retry` is 1 for the first.
pub(crate) fn retry_event(call: &CallFields<'_>, reason: &dyn fmt::Display, delay: Duration, retry: u32) {
    if !call.enabled {
        return;
    }
    tracing::warn!(
        target: "trunkline::call",
        reason = %reason,
        delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        retry,
        trunkline.service = call.service,
        trunkline.endpoint = call.endpoint,
        trace_id = call.context.trace_id(),
        request_id = call.context.request_id(),
        "trying the call again",
    );
}
