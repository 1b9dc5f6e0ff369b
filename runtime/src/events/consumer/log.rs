//! What a subscription says of the events that it could not handle: the one place that logs them.

use std::time::Duration;

use super::Consumer;
use super::attempt::Failure;
use crate::events::format;
use crate::events::message::Message;
use crate::events::wire::Wire;

/// An event is tried again after a step of the ladder.
pub(super) fn retry(
    consumer: &Consumer,
    message: &Message,
    attempt: u32,
    failure: &Failure,
    after: Duration,
) {
    if !consumer.shared.logging {
        return;
    }
    tracing::warn!(
        target: "trunkline::event",
        reason = failure.text,
        delay_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
        attempt,
        messaging.consumer.group.name = consumer.label.as_str(),
        messaging.destination.name = message.name.as_str(),
        messaging.message.id = message.id.as_str(),
        trace_id = message.trace.id(),
        "trying the event again",
    );
}

/// An event is a dead letter from now on.
pub(super) fn dead(consumer: &Consumer, wire: &Wire, attempts: u32, reason: &str) {
    if !consumer.shared.logging {
        return;
    }
    tracing::error!(
        target: "trunkline::event",
        reason,
        attempts,
        messaging.consumer.group.name = consumer.label.as_str(),
        messaging.destination.name = wire.properties.kind.as_deref(),
        messaging.message.id = wire.properties.message_id.as_deref(),
        trace_id = format::trace_id(&wire.headers),
        "the event is a dead letter",
    );
}

/// An event keeps its slot until it can be settled.
pub(super) fn unsettled(consumer: &Consumer, reason: &str) {
    if !consumer.shared.logging {
        return;
    }
    tracing::error!(
        target: "trunkline::event",
        reason,
        messaging.consumer.group.name = consumer.label.as_str(),
        "an event cannot be settled, and is tried again",
    );
}

/// That an event was handled is known to this process alone, and so it keeps its slot.
pub(super) fn unmarked(consumer: &Consumer, reason: &str) {
    if !consumer.shared.logging {
        return;
    }
    tracing::error!(
        target: "trunkline::event",
        reason,
        messaging.consumer.group.name = consumer.label.as_str(),
        "an event was handled and cannot be marked so in the durable inbox: it is not acknowledged",
    );
}
