//! What all formats have in common: the native properties and the headers that go beside them.

use std::time::{Duration, UNIX_EPOCH};

use super::super::Priority;
use super::super::message::{self, JSON, Message, Trace};
use super::super::text::Text;
use super::super::timestamp;
use super::super::wire::{Headers, Properties, Value, Wire};

/// The attempt that is to come, from 1.
pub(crate) const ATTEMPT: &str = "x-attempt";
/// Why a dead letter is one.
pub(crate) const DEAD_REASON: &str = "x-dead-reason";
/// When it became one.
pub(crate) const DEAD_TIME: &str = "x-dead-time";
/// The exchange that had no queue for it.
pub(crate) const UNROUTED_FROM: &str = "x-unrouted-from";
/// When the event is no longer worth handling.
pub(crate) const EXPIRES: &str = "x-expires-at";
/// What the first failed attempt said.
pub(crate) const FIRST_FAILURE: &str = "x-first-failure";
/// When the first attempt failed.
pub(crate) const FIRST_FAILURE_TIME: &str = "x-first-failure-time";

const VERSION: &str = "x-event-version";
const TRACE_ID: &str = "x-trace-id";
const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";

/// The headers that are ours, and those that a broker adds on its way.
const OURS: [&str; 12] = [
    ATTEMPT,
    DEAD_REASON,
    DEAD_TIME,
    UNROUTED_FROM,
    FIRST_FAILURE,
    FIRST_FAILURE_TIME,
    VERSION,
    EXPIRES,
    TRACE_ID,
    TRACEPARENT,
    TRACESTATE,
    BAGGAGE,
];
const OF_BROKERS: [&str; 4] = ["x-death", "x-first-death-", "x-last-death-", "x-delivery-count"];

/// What the objects of families A and B have members for.
const OF_FAMILIES: [&str; 4] = ["source_service", "target_service", "priority", "correlation_id"];

/// Whether a header is not for publishers to set: it has a meaning of its own.
pub(crate) fn is_reserved(name: &str) -> bool {
    let starts = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    starts("cloudEvents")
        || OURS
            .iter()
            .chain(&OF_FAMILIES)
            .any(|known| known.eq_ignore_ascii_case(name))
        || OF_BROKERS.iter().any(|prefix| starts(prefix))
}

/// The trace that these headers tell: an id of its own, else the one inside `traceparent`.
pub(crate) fn trace_id(headers: &Headers) -> Option<&str> {
    let own = headers.text(TRACE_ID).map(Text::as_str);
    message::trace_id(own, traceparent(headers))
}

/// The place in its trace where the event was made.
pub(crate) fn traceparent(headers: &Headers) -> Option<&str> {
    headers.text(TRACEPARENT).map(Text::as_str)
}

/// Whether a broker says it of the way that an event took.
pub(crate) fn is_of_brokers(name: &str) -> bool {
    OF_BROKERS.iter().any(|prefix| name.starts_with(prefix))
}

pub(super) fn properties(message: &Message, priority: u8) -> Properties {
    let since = message.time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Properties {
        message_id: Some(message.id.clone()),
        kind: Some(message.name.clone()),
        app_id: Some(message.source.clone()),
        content_type: Some(message.content_type.clone()),
        priority: Some(priority),
        timestamp: since.map(|since| since.as_secs()),
        correlation_id: message.correlation_id.clone(),
    }
}

/// The headers of the trace, the version, the attempt and the expiry, after room for `more`.
pub(super) fn headers(message: &Message, more: usize) -> Headers {
    let Trace {
        trace_id,
        traceparent,
        tracestate,
        baggage,
    } = &message.trace;
    let traces = [
        (TRACEPARENT, traceparent),
        (TRACESTATE, tracestate),
        (TRACE_ID, trace_id),
        (BAGGAGE, baggage),
    ];
    let of_trace = traces.iter().filter(|(_, value)| value.is_some()).count();
    let of_event = [true, message.version.is_some(), message.expires_at.is_some()];
    let ours = of_trace + of_event.into_iter().filter(|is_there| *is_there).count();
    let mut headers = Headers::with_capacity(more + ours + message.headers.len());
    for (name, value) in traces {
        if let Some(value) = value {
            headers.push(name, value.clone());
        }
    }
    if let Some(version) = message.version {
        headers.push_number(VERSION, version.into());
    }
    headers.push_number(ATTEMPT, message.attempt.into());
    if let Some(time) = message.expires_at {
        headers.push(EXPIRES, timestamp::write(time, "Z"));
    }
    headers
}

/// A message as far as properties and headers tell; its body is the whole one.
pub(super) fn read(wire: &Wire) -> Message {
    let Properties {
        message_id,
        kind,
        app_id,
        content_type,
        priority,
        timestamp,
        correlation_id,
    } = &wire.properties;
    let or_empty = |text: &Option<Text>| text.clone().unwrap_or_else(|| "".into());
    let mut message = Message {
        id: or_empty(message_id),
        name: or_empty(kind),
        version: None,
        source: or_empty(app_id),
        target: None,
        priority: priority.map(Priority::from_native).unwrap_or_default(),
        time: timestamp.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
        expires_at: None,
        correlation_id: correlation_id.clone(),
        trace: Trace::default(),
        headers: Vec::new(),
        attempt: 1,
        content_type: content_type.clone().unwrap_or_else(|| JSON.into()),
        body: wire.body.clone(),
    };
    // From the last to the first, which holds where a name comes twice.
    for (name, value) in wire.headers.iter().rev() {
        take_over(&mut message, name, value);
    }
    message.headers.reverse();
    message
}

/// One header: ours is said elsewhere in a message, a broker's is nothing to its handler.
fn take_over(message: &mut Message, name: &Text, value: &Value) {
    let positive = || value.number().and_then(|number| u32::try_from(number).ok());
    match name.as_str() {
        TRACEPARENT => message.trace.traceparent = value.text().cloned(),
        TRACESTATE => message.trace.tracestate = value.text().cloned(),
        TRACE_ID => message.trace.trace_id = value.text().cloned(),
        BAGGAGE => message.trace.baggage = value.text().cloned(),
        VERSION => message.version = positive(),
        ATTEMPT => message.attempt = positive().unwrap_or(1).max(1),
        EXPIRES => message.expires_at = value.text().and_then(|text| timestamp::read(text)),
        other if is_reserved(other) => {}
        _ => message.headers.push((name.clone(), to_text(value))),
    }
}

fn to_text(value: &Value) -> Text {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string().into(),
    }
}
