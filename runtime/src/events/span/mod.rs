//! The spans of an event: PRODUCER where it is published or stored, CLIENT around each attempt of a relay at sending what was
//! stored, CONSUMER around each attempt at handling it.
//!
//! The fields are OpenTelemetry's for messaging, and so are the kinds: who makes the trace's part of an event is its producer,
//! who sends it later is a client. A relay's span has no parent, since it outlives the process of the publisher; its
//! `trace_id` and `traceparent` are those of the event, by which a collector links the two. What is never a field: any
//! other header, a body.

use tracing::Span;
use tracing::field::Empty;

use super::delivery::Received;
use super::format;
use super::message::Message;
use super::wire::Wire;
use crate::context::MakeContext;
use crate::{Error, ErrorKind};

/// What is known of an event that is published.
pub(crate) struct Sent<'a> {
    /// False where logging is off: then there are no spans and no events.
    pub(crate) enabled: bool,
    pub(crate) system: &'static str,
    pub(crate) message: &'a Message,
    pub(crate) operation: Operation,
}

/// What a publisher does with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// It is handed to whoever carries it.
    Send,
    /// It is stored, and sent later.
    Create,
}

/// What is known of a stored event that a relay sends.
pub(crate) struct Relayed<'a> {
    pub(crate) enabled: bool,
    pub(crate) system: &'static str,
    pub(crate) wire: &'a Wire,
}

/// What is known of an event that is handled.
pub(crate) struct Handled<'a> {
    pub(crate) enabled: bool,
    pub(crate) system: &'static str,
    pub(crate) received: &'a Received,
    /// What names the queue.
    pub(crate) group: &'a str,
    pub(crate) attempt: u32,
}

impl Operation {
    /// As `messaging.operation.type` of a span.
    fn label(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Create => "create",
        }
    }
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
        messaging.operation.type = sent.operation.label(),
        messaging.destination.name = message.name.as_str(),
        messaging.message.id = message.id.as_str(),
        messaging.message.conversation_id = message.correlation_id.as_deref(),
        messaging.message.body.size = message.body.len(),
        "error.type" = Empty,
        trunkline.target = message.target.as_deref(),
        trace_id = message.trace.id(),
    )
}

/// One attempt at sending.
pub(crate) fn send(relayed: &Relayed<'_>) -> Span {
    if !relayed.enabled {
        return Span::none();
    }
    let Wire {
        properties,
        headers,
        body,
    } = relayed.wire;
    let name = properties.kind.as_deref().unwrap_or_default();
    tracing::info_span!(
        target: "trunkline::event",
        parent: None,
        "send",
        otel.name = %format_args!("send {name}"),
        otel.kind = "client",
        otel.status_code = Empty,
        messaging.system = relayed.system,
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.destination.name = name,
        messaging.message.id = properties.message_id.as_deref(),
        messaging.message.conversation_id = properties.correlation_id.as_deref(),
        messaging.message.body.size = body.len(),
        "error.type" = Empty,
        trace_id = format::trace_id(headers),
        traceparent = format::traceparent(headers),
    )
}

pub(crate) fn process(handled: &Handled<'_>) -> Span {
    if !handled.enabled {
        return Span::none();
    }
    let message = handled.received.message();
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
        trace_id = handled.received.context().trace_id(),
    )
}

/// Says in the span of a publish how it ended.
pub(crate) fn record_outcome(span: &Span, error: Option<&Error>) {
    if let Some(error) = error {
        record_failure(span, error.kind().label());
    }
}

/// Says in the span of an attempt at sending that it failed.
pub(crate) fn record_unsent(span: &Span) {
    record_failure(span, ErrorKind::Publish.label());
}

/// Says in a span that it failed, and how.
pub(crate) fn record_failure(span: &Span, kind: &str) {
    if !span.is_disabled() {
        span.record("otel.status_code", "ERROR")
            .record("error.type", kind);
    }
}

#[cfg(test)]
mod tests;
