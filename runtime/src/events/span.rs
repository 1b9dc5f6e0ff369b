//! The spans of an event: PRODUCER where it is published, CONSUMER around each attempt at handling it.
//!
//! The fields are OpenTelemetry's for messaging. What is never a field: a header, a body.

use tracing::Span;
use tracing::field::Empty;

use super::message::Message;
use crate::Error;

/// What is known of an event that is published.
pub(crate) struct Sent<'a> {
    /// False where logging is off: then there are no spans and no events.
    pub(crate) enabled: bool,
    pub(crate) system: &'static str,
    pub(crate) message: &'a Message,
    pub(crate) trace_id: &'a str,
}

/// What is known of an event that is handled.
pub(crate) struct Handled<'a> {
    pub(crate) enabled: bool,
    pub(crate) system: &'static str,
    pub(crate) message: &'a Message,
    pub(crate) trace_id: &'a str,
    /// What names the queue.
    pub(crate) group: &'a str,
    pub(crate) attempt: u32,
}

pub(crate) fn publish(sent: &Sent<'_>) -> Span {
    if !sent.enabled {
        return Span::none();
    }
    let message = sent.message;
    tracing::info_span!(
        target: "trunkline::event",
        "publish",
        otel.name = %format_args!("publish {}", message.name),
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.system = sent.system,
        messaging.operation.name = "publish",
        messaging.operation.type = "send",
        messaging.destination.name = message.name.as_str(),
        messaging.message.id = message.id.as_str(),
        messaging.message.conversation_id = message.correlation_id.as_deref(),
        messaging.message.body.size = message.body.len(),
        "error.type" = Empty,
        trunkline.target = message.target.as_deref(),
        trace_id = sent.trace_id,
    )
}

pub(crate) fn process(handled: &Handled<'_>) -> Span {
    if !handled.enabled {
        return Span::none();
    }
    let message = handled.message;
    tracing::info_span!(
        target: "trunkline::event",
        "process",
        otel.name = %format_args!("process {}", message.name),
        otel.kind = "consumer",
        otel.status_code = Empty,
        messaging.system = handled.system,
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = message.name.as_str(),
        messaging.consumer.group.name = handled.group,
        messaging.message.id = message.id.as_str(),
        messaging.message.conversation_id = message.correlation_id.as_deref(),
        messaging.message.body.size = message.body.len(),
        "error.type" = Empty,
        trunkline.source = message.source.as_str(),
        trunkline.attempt = handled.attempt,
        trace_id = handled.trace_id,
    )
}

/// Says in the span of a publish how it ended.
pub(crate) fn record_outcome(span: &Span, error: Option<&Error>) {
    if let Some(error) = error {
        record_failure(span, error.kind().label());
    }
}

/// Says in a span that it failed, and how.
pub(crate) fn record_failure(span: &Span, kind: &str) {
    if !span.is_disabled() {
        span.record("otel.status_code", "ERROR")
            .record("error.type", kind);
    }
}
