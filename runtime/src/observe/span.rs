//! The spans of a call: one for the call at INFO, one for each attempt at DEBUG, and a WARN for each retry.
//!
//! The fields are OpenTelemetry's for HTTP clients. What is never a field: a raw path, a query, a header, a body.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tracing::Span;
use tracing::field::{Empty, display};

use crate::context::CallContext;
use crate::{Error, ErrorKind};

/// What is known of all calls of an endpoint.
pub(crate) struct Labels {
    pub(crate) service: Arc<str>,
    /// The method's name, or HTTP method and path template of an untyped call.
    pub(crate) endpoint: Arc<str>,
    pub(crate) method: Method,
    /// The path template, the service's prefix included; never the path.
    pub(crate) template: String,
    /// `development`, `production`, …
    pub(crate) environment: &'static str,
}

/// What is known of a call before its first attempt.
#[derive(Clone, Copy)]
pub(crate) struct CallFields<'a> {
    /// False where logging is off: then there are no spans and no events.
    pub(crate) enabled: bool,
    pub(crate) labels: &'a Labels,
    pub(crate) context: &'a CallContext,
}

/// The span of the whole call; the current one while the call is polled, so that attempts and retries are inside.
#[inline]
pub(crate) fn call_span(call: &CallFields<'_>) -> Span {
    if !call.enabled {
        return Span::none();
    }
    tracing::info_span!(
        target: "trunkline::call",
        "call",
        otel.name = %format_args!("{} {}", call.labels.method, call.labels.template),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = call.labels.method.as_str(),
        http.response.status_code = Empty,
        url.template = call.labels.template,
        server.address = Empty,
        server.port = Empty,
        "error.type" = Empty,
        trunkline.service = &*call.labels.service,
        trunkline.endpoint = &*call.labels.endpoint,
        deployment.environment.name = call.labels.environment,
        trace_id = call.context.trace_id(),
        request_id = call.context.request_id(),
    )
}

/// The span of one attempt at an instance, inside the current one; `retry` is 0 for the first.
#[inline]
pub(crate) fn attempt_span(call: &CallFields<'_>, host: &str, port: u16, retry: u32) -> Span {
    if !call.enabled {
        return Span::none();
    }
    tracing::debug_span!(
        target: "trunkline::call",
        "attempt",
        otel.name = %format_args!("{} {}", call.labels.method, call.labels.template),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = call.labels.method.as_str(),
        http.request.resend_count = (retry > 0).then_some(retry),
        http.response.status_code = Empty,
        url.template = call.labels.template,
        server.address = host,
        server.port = port,
        "error.type" = Empty,
    )
}

/// Runs the future with this span as the current one.
///
/// As `tracing::Instrument` does, but where the future is: one that is passed by value is copied, which costs more
/// than the span.
pub(crate) fn inside<F: Future>(span: &Span, mut future: Pin<&mut F>) -> impl Future<Output = F::Output> {
    poll_fn(move |cx| {
        let _entered = span.enter();
        future.as_mut().poll(cx)
    })
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
        trunkline.service = &*call.labels.service,
        trunkline.endpoint = &*call.labels.endpoint,
        trace_id = call.context.trace_id(),
        request_id = call.context.request_id(),
        "trying the call again",
    );
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use tracing::Level;

    use super::*;
    use crate::observe::capture::{self, Captured};
    use crate::random::Random;

    fn with_call(enabled: bool, run: impl FnOnce(&CallFields<'_>)) -> Vec<Captured> {
        let context = CallContext::for_call(&Random::from_seed(1), &HeaderMap::new());
        let labels = Labels {
            service: "model-service".into(),
            endpoint: "chat".into(),
            method: Method::POST,
            template: "/api/v1/chat/{id}".to_owned(),
            environment: "testing",
        };
        capture::start();
        run(&CallFields {
            enabled,
            labels: &labels,
            context: &context,
        });
        capture::seen()
    }

    fn check(span: &Captured, field: &str, expected: Option<&str>) {
        assert_eq!(span.field(field), expected, "{field} of {span:?}");
    }

    #[test]
    fn a_call_has_the_attributes_of_an_http_client() {
        let seen = with_call(true, |call| drop(call_span(call)));
        let span = &seen[0];
        assert_eq!(
            (span.name, span.target, span.level),
            ("call", "trunkline::call", Level::INFO)
        );
        check(span, "otel.name", Some("POST /api/v1/chat/{id}"));
        check(span, "otel.kind", Some("client"));
        check(span, "http.request.method", Some("POST"));
        check(span, "url.template", Some("/api/v1/chat/{id}"));
        check(span, "trunkline.service", Some("model-service"));
        check(span, "trunkline.endpoint", Some("chat"));
        check(span, "deployment.environment.name", Some("testing"));
        check(span, "http.response.status_code", None);
        check(span, "error.type", None);
        assert_eq!(span.field("trace_id").map(str::len), Some(32));
        assert_eq!(span.field("request_id").map(str::len), Some(36));
    }

    #[test]
    fn an_attempt_is_inside_its_call_and_names_the_server() {
        let seen = with_call(true, |call| {
            let span = call_span(call);
            let _entered = span.enter();
            drop(attempt_span(call, "10.0.0.1", 8083, 0));
            drop(attempt_span(call, "10.0.0.2", 8083, 1));
        });
        let [_, first, second] = &*seen else {
            panic!("three spans, not {seen:?}")
        };
        assert_eq!(
            (first.name, first.level, first.parent),
            ("attempt", Level::DEBUG, Some("call"))
        );
        check(first, "server.address", Some("10.0.0.1"));
        check(first, "server.port", Some("8083"));
        check(first, "http.request.resend_count", None);
        check(second, "http.request.resend_count", Some("1"));
    }

    #[test]
    fn the_call_names_the_instance_and_the_status_of_a_success() {
        let seen = with_call(true, |call| {
            let span = call_span(call);
            record_instance(&span, "10.0.0.1", 8083);
            record_outcome(&span, Some(201), None);
        });
        check(&seen[0], "server.address", Some("10.0.0.1"));
        check(&seen[0], "server.port", Some("8083"));
        check(&seen[0], "http.response.status_code", Some("201"));
        check(&seen[0], "otel.status_code", None);
        check(&seen[0], "error.type", None);
    }

    fn check_error_type(error: &Error, status: Option<u16>, expected: &str) {
        let seen = with_call(true, |call| {
            record_outcome(&call_span(call), status, Some(error));
        });
        check(&seen[0], "error.type", Some(expected));
        check(&seen[0], "otel.status_code", Some("ERROR"));
    }

    #[test]
    fn the_type_of_an_error_is_its_status_or_its_kind() {
        let gone = Error::new(ErrorKind::Status, "gone").with_status(410);
        check_error_type(&gone, Some(410), "410");
        let business = Error::new(ErrorKind::Business, "no").with_status(200);
        check_error_type(&business, Some(200), "business");
        check_error_type(&Error::new(ErrorKind::Connect, "refused"), None, "connect");
    }

    #[test]
    fn a_retry_is_a_warning_with_its_reason_and_delay() {
        let seen = with_call(true, |call| {
            let span = call_span(call);
            let _entered = span.enter();
            retry_event(call, &"503 Service Unavailable", Duration::from_millis(70), 1);
        });
        let event = &seen[1];
        assert_eq!(
            (event.target, event.level, event.parent),
            ("trunkline::call", Level::WARN, Some("call"))
        );
        check(event, "reason", Some("503 Service Unavailable"));
        check(event, "delay_ms", Some("70"));
        check(event, "retry", Some("1"));
        check(event, "trunkline.endpoint", Some("chat"));
    }

    #[test]
    fn nothing_is_traced_where_logging_is_off() {
        let seen = with_call(false, |call| {
            let span = call_span(call);
            record_instance(&span, "10.0.0.1", 8083);
            record_outcome(&span, Some(200), None);
            record_outcome(&attempt_span(call, "10.0.0.1", 8083, 0), None, None);
            retry_event(call, &"reason", Duration::ZERO, 1);
        });
        assert!(seen.is_empty(), "{seen:?}");
    }
}
