//! What an event takes along of the context that it is published in.

use http::HeaderValue;
use tokio::time::Instant;

use super::id::Id;
use super::traceparent::TraceParent;
use super::{Context, current};
use crate::random::Random;

/// The place of an event in its trace, and until when its publisher waits. Without a request id: an event is no request.
#[derive(Clone, Debug)]
pub(crate) struct EventContext {
    trace: EventTrace,
    tracestate: Option<HeaderValue>,
    baggage: Option<HeaderValue>,
    deadline: Option<Instant>,
}

/// The place alone.
#[derive(Clone, Debug)]
pub(crate) struct EventTrace {
    parent: TraceParent,
    /// Where the trace of `parent` may be another.
    id: Option<Id>,
}

impl EventTrace {
    /// Writes the `traceparent` into `out`, and gives it back with the trace id where that is another than its own.
    pub(crate) fn write<'t>(&'t self, out: &'t mut [u8; TraceParent::LENGTH]) -> (&'t str, Option<&'t str>) {
        self.parent.write(out);
        let traceparent = std::str::from_utf8(out).expect("digits and dashes");
        let own = &traceparent[TraceParent::TRACE_ID];
        let trace_id = self.id.as_ref().map(Id::as_str);
        (traceparent, trace_id.filter(|id| *id != own))
    }

    /// The trace id: its own, else that of its `traceparent`.
    pub(crate) fn id(&self) -> String {
        let mut text = EventContext::TEXT;
        let (traceparent, trace_id) = self.write(&mut text);
        trace_id.unwrap_or(&traceparent[TraceParent::TRACE_ID]).to_owned()
    }
}

impl EventContext {
    /// Where a `traceparent` is written.
    pub(crate) const TEXT: [u8; TraceParent::LENGTH] = [0; TraceParent::LENGTH];

    /// The context of the scope around, or a new one.
    pub(crate) fn current(random: &Random) -> Self {
        let Some(Context(carried)) = current() else {
            return Self {
                trace: EventTrace {
                    parent: TraceParent::make(random),
                    id: None,
                },
                tracestate: None,
                baggage: None,
                deadline: None,
            };
        };
        Self {
            trace: EventTrace {
                parent: carried.parent.child(random),
                id: Some(carried.trace_id.clone()),
            },
            tracestate: carried.tracestate.clone(),
            baggage: carried.baggage.clone(),
            deadline: carried.deadline,
        }
    }

    pub(crate) fn trace(&self) -> &EventTrace {
        &self.trace
    }

    /// The `tracestate` that came in; `None` also where it is not ASCII.
    pub(crate) fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_ref().and_then(|value| value.to_str().ok())
    }

    /// The `baggage` that came in; `None` also where it is not ASCII.
    pub(crate) fn baggage(&self) -> Option<&str> {
        self.baggage.as_ref().and_then(|value| value.to_str().ok())
    }

    /// When whoever publishes stops waiting.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Stops waiting at this time, if not before.
    pub(crate) fn limit(&mut self, deadline: Instant) {
        self.deadline = Some(
            self.deadline
                .map_or(deadline, |inherited| inherited.min(deadline)),
        );
    }
}
