//! One event, whatever carries it and in whatever format.

use std::time::SystemTime;

use bytes::Bytes;

use super::Priority;
use super::text::Text;

/// The content type of every event that we publish.
pub(crate) const JSON: &str = "application/json";

/// One event with everything that is said of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// Empty where a foreign publisher gave none.
    pub(crate) id: Text,
    pub(crate) name: Text,
    /// `None` where the format has no place for it, or the publisher said nothing.
    pub(crate) version: Option<u32>,
    pub(crate) source: Text,
    pub(crate) target: Option<Text>,
    pub(crate) priority: Priority,
    pub(crate) time: Option<SystemTime>,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) correlation_id: Option<Text>,
    pub(crate) trace: Trace,
    /// Those of the publisher, in their order.
    pub(crate) headers: Vec<(Text, Text)>,
    /// The attempt that is to come, from 1.
    pub(crate) attempt: u32,
    pub(crate) content_type: Text,
    pub(crate) body: Bytes,
}

/// What ties an event to the call or the event that it comes from.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the names of the headers")]
pub(crate) struct Trace {
    /// Where it is not the trace of `traceparent`.
    pub(crate) trace_id: Option<Text>,
    pub(crate) traceparent: Option<Text>,
    pub(crate) tracestate: Option<Text>,
    pub(crate) baggage: Option<Text>,
}

impl Trace {
    /// The trace id: its own, else the one inside `traceparent`; empty where there is none.
    pub(crate) fn id(&self) -> &str {
        trace_id(self.trace_id.as_deref(), self.traceparent.as_deref()).unwrap_or_default()
    }
}

/// The id of a trace: its own, else the one inside `traceparent`.
pub(crate) fn trace_id<'t>(own: Option<&'t str>, traceparent: Option<&'t str>) -> Option<&'t str> {
    own.or_else(|| traceparent?.get(3..35))
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}
