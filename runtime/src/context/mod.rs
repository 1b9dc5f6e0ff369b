//! What travels along a chain of calls: the trace id, the request id and the deadline.
//!
//! A server reads them from an inbound request, usually through [`ContextLayer`], and runs its handler in a
//! [`scope`]. Every call of a trunkline client that is made inside carries the same ids on, never waits longer than
//! the inbound deadline allows, and tells the next server how much time is left. Outside of a scope each call makes
//! ids of its own.
//!
//! ```
//! use trunkline::context::{self, Context};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let context = Context::new().with_trace_id("order-17");
//! context::scope(context, async {
//!     assert_eq!(context::trace_id().as_deref(), Some("order-17"));
//!     // A new task has no scope; `spawn` gives it this one.
//!     let task = context::spawn(async { context::trace_id() });
//!     assert_eq!(task.await.unwrap().as_deref(), Some("order-17"));
//! })
//! .await;
//! assert!(context::current().is_none());
//! # }
//! ```
//!
//! On the wire:
//!
//! | header | inbound | outbound |
//! |---|---|---|
//! | `x-trace-id` | the trace id; else `x-request-id`, else the id inside `traceparent`, else a new one | the trace id |
//! | `x-request-id` | the request id, else a new UUID | the same on every attempt |
//! | `traceparent`, `tracestate` | the place in a W3C trace | the same trace, a new span an attempt |
//! | `baggage` | kept unread, up to 8 KiB | as it came |
//! | `x-request-timeout-ms` | the deadline, at most 24 h away | what is left, less 5 ms |
//! | `x-retry-attempt` | – | 1 on the first retry |
//!
//! An id of 1 to 128 visible ASCII characters is kept as it is, any other is replaced. The trace of `traceparent` is
//! the trace id where that is 32 hexadecimal digits, else the inbound one, else a new one. An `x-request-id` that is the
//! trace id for want of an `x-trace-id` leaves an inbound `traceparent` as it is, whatever it is made of: a proxy gives any
//! request an id, and does not end the trace that it belongs to.

mod current;
mod event;
mod id;
mod inbound;
mod layer;
mod names;
mod outbound;
mod remaining;
mod traceparent;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use self::id::{Id, OwnIds};
use self::traceparent::TraceParent;
use crate::random::Random;

pub(crate) use self::current::{MakeContext, scope_later};
pub use self::current::{Scope, current, scope, set_trace_id, spawn, trace_id};
pub(crate) use self::event::{EventContext, EventTrace};
pub(crate) use self::id::{new_uuid, write_hyphenated};
pub use self::layer::{ContextLayer, ContextService, ResponseFuture};
pub(crate) use self::names::{is_of_every_attempt, is_of_every_call, is_of_the_context};
pub(crate) use self::outbound::{CallContext, Room};
pub(crate) use self::remaining::{Remaining, UsualTimeout};

/// The ids and the deadline that a chain of calls shares.
///
/// Cheap to clone. A new one has ids of its own and no deadline; [`from_headers`](Context::from_headers) takes over
/// what a request brought.
///
/// ```
/// use std::time::Duration;
/// use trunkline::context::Context;
///
/// let context = Context::new().with_request_id("req-1").with_timeout(Duration::from_secs(2));
/// assert_eq!(context.trace_id().len(), 32);
/// assert_eq!(context.request_id(), "req-1");
/// assert!(context.traceparent().contains(context.trace_id()));
/// assert!(context.remaining().unwrap() <= Duration::from_secs(2));
/// ```
#[derive(Clone)]
pub struct Context(Arc<Carried>);

#[derive(Clone)]
struct Carried {
    trace_id: Id,
    request_id: Id,
    parent: TraceParent,
    tracestate: Option<HeaderValue>,
    baggage: Option<HeaderValue>,
    deadline: Option<Instant>,
}

impl Context {
    /// A context with new ids, without a deadline: the start of a chain.
    pub fn new() -> Self {
        Self::make(&Random::from_entropy())
    }

    /// The context that the headers of an inbound request say; what is missing or illegal is made anew.
    ///
    /// For servers that do not run on tower; for those that do there is [`ContextLayer`].
    ///
    /// ```
    /// use trunkline::context::Context;
    /// use trunkline::http::{HeaderMap, HeaderValue};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-trace-id", HeaderValue::from_static("order-17"));
    /// headers.insert("x-request-timeout-ms", HeaderValue::from_static("1500"));
    /// let context = Context::from_headers(&headers);
    /// assert_eq!(context.trace_id(), "order-17");
    /// assert!(context.deadline().is_some());
    /// ```
    pub fn from_headers(headers: &HeaderMap) -> Self {
        inbound::read(headers, &Random::from_entropy(), true)
    }

    /// The same context under this trace id; an id that is not 1 to 128 visible ASCII characters changes nothing.
    ///
    /// Where the id is 32 hexadecimal digits, they are the trace of [`traceparent`](Context::traceparent) too.
    pub fn with_trace_id(self, id: &str) -> Self {
        match Id::parse(id) {
            Some(id) => self.change(|carried| carried.name_trace(id)),
            None => self,
        }
    }

    /// The same context under this request id; an id that is not 1 to 128 visible ASCII characters changes nothing.
    pub fn with_request_id(self, id: &str) -> Self {
        match Id::parse(id) {
            Some(id) => self.change(|carried| carried.request_id = id),
            None => self,
        }
    }

    /// The same context in this W3C trace, whose id becomes the trace id; an invalid value changes nothing.
    pub fn with_traceparent(self, traceparent: &str) -> Self {
        match TraceParent::parse(traceparent) {
            Some(parent) => self.change(|carried| carried.continue_trace(parent)),
            None => self,
        }
    }

    /// The same context with W3C `baggage`, sent on unread; beyond 8 KiB, or illegal in a header, it changes nothing.
    pub fn with_baggage(self, baggage: &str) -> Self {
        match HeaderValue::from_str(baggage) {
            Ok(value) if value.len() <= inbound::CARRIED_LIMIT => {
                self.change(|carried| carried.baggage = Some(value))
            }
            Ok(_) | Err(_) => self,
        }
    }

    /// The same context, with this as the time at which its calls end.
    pub fn with_deadline(self, deadline: Instant) -> Self {
        self.change(|carried| carried.deadline = Some(deadline))
    }

    /// The same context, with a deadline this far away, at most 24 hours.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        let timeout = timeout.min(inbound::LONGEST_TIMEOUT);
        self.with_deadline(Instant::now() + timeout)
    }

    /// The id that the whole chain of calls shares.
    pub fn trace_id(&self) -> &str {
        self.0.trace_id.as_str()
    }

    /// The id of the request that is being served, sent on by the calls made for it.
    pub fn request_id(&self) -> &str {
        self.0.request_id.as_str()
    }

    /// The place in a W3C trace, as the value of a `traceparent` header.
    pub fn traceparent(&self) -> String {
        self.0.parent.to_string()
    }

    /// The W3C `tracestate` that came in.
    pub fn tracestate(&self) -> Option<&str> {
        self.0.tracestate.as_ref().and_then(|value| value.to_str().ok())
    }

    /// The W3C `baggage`, unread; `None` also where it is not ASCII.
    pub fn baggage(&self) -> Option<&str> {
        self.0.baggage.as_ref().and_then(|value| value.to_str().ok())
    }

    /// When the calls made in this context end.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// How long it is until the deadline; zero once it is over.
    pub fn remaining(&self) -> Option<Duration> {
        let deadline = self.0.deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// The context of an event that carries these; what is missing or illegal is made anew.
    pub(crate) fn of_event(
        random: &Random,
        traceparent: Option<&str>,
        tracestate: Option<&str>,
        trace_id: Option<&str>,
        baggage: Option<&str>,
    ) -> Self {
        // What most events carry: nothing to put into headers first.
        if let (Some(text), None, None, None) = (traceparent, tracestate, trace_id, baggage)
            && let Some(parent) = TraceParent::parse(text)
        {
            return Self::of_ids(OwnIds::in_trace(parent, random));
        }
        let mut headers = HeaderMap::new();
        let carried = [
            (&names::TRACEPARENT, traceparent),
            (&names::TRACESTATE, tracestate),
            (&names::X_TRACE_ID, trace_id),
            (&names::BAGGAGE, baggage),
        ];
        for (name, text) in carried {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
                headers.insert(name, value);
            }
        }
        inbound::read(&headers, random, true)
    }

    fn make(random: &Random) -> Self {
        Self::of_ids(OwnIds::make(random))
    }

    fn of_ids(ids: OwnIds) -> Self {
        Self(Arc::new(Carried {
            trace_id: ids.trace_id,
            request_id: ids.request_id,
            parent: ids.parent,
            tracestate: None,
            baggage: None,
            deadline: None,
        }))
    }

    fn change(mut self, change: impl FnOnce(&mut Carried)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Carried {
    /// Takes the id for the trace, and its digits, where it has 32, for the `traceparent`.
    fn name_trace(&mut self, id: Id) {
        if let Some(parent) = self.parent.in_trace(id.as_str())
            && !parent.is_same_trace(self.parent)
        {
            self.parent = parent;
            // It describes the trace that was left.
            self.tracestate = None;
        }
        self.trace_id = id;
    }

    /// Goes on with a trace that was begun elsewhere.
    fn continue_trace(&mut self, parent: TraceParent) {
        self.trace_id = id::trace_id_of(parent);
        self.parent = parent;
        self.tracestate = None;
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Context {
    /// Leaves the baggage out: it may hold what belongs in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("trace_id", &self.trace_id())
            .field("request_id", &self.request_id())
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn check_trace_id(id: &str, expected: Option<&str>) {
        let made = Context::make(&Random::from_seed(1));
        let before = made.trace_id().to_owned();
        assert_eq!(made.with_trace_id(id).trace_id(), expected.unwrap_or(&before));
    }

    #[test]
    fn an_illegal_trace_id_changes_nothing() {
        check_trace_id("order-17", Some("order-17"));
        check_trace_id("", None);
        check_trace_id("with space", None);
        check_trace_id(&"x".repeat(129), None);
    }

    #[test]
    fn digits_name_the_trace_and_other_ids_leave_it() {
        let made = Context::make(&Random::from_seed(1));
        let before = made.traceparent();
        assert_eq!(made.clone().with_trace_id("order-17").traceparent(), before);
        assert!(made.with_trace_id(DIGITS).traceparent().contains(DIGITS));
    }

    #[test]
    fn a_traceparent_brings_its_trace_id() {
        let value = format!("00-{DIGITS}-00f067aa0ba902b7-00");
        let context = Context::new().with_traceparent(&value);
        assert_eq!((context.trace_id(), context.traceparent()), (DIGITS, value));
    }

    #[test]
    fn an_illegal_request_id_traceparent_or_baggage_changes_nothing() {
        let made = Context::make(&Random::from_seed(1));
        let changed = made
            .clone()
            .with_request_id("")
            .with_traceparent("00-1")
            .with_baggage("line\nbreak");
        let changed = changed.with_baggage(&"x".repeat(8193));
        assert_eq!(changed.request_id(), made.request_id());
        assert_eq!(changed.traceparent(), made.traceparent());
        assert_eq!(changed.baggage(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_remaining_time_ends_at_zero() {
        let context = Context::new().with_timeout(Duration::from_millis(10));
        assert_eq!(context.remaining(), Some(Duration::from_millis(10)));
        tokio::time::advance(Duration::from_millis(20)).await;
        assert_eq!(context.remaining(), Some(Duration::ZERO));
        let far = Context::new().with_timeout(Duration::MAX);
        assert_eq!(far.remaining(), Some(Duration::from_secs(24 * 60 * 60)));
    }

    #[test]
    fn debug_leaves_the_baggage_out() {
        let context = Context::new().with_baggage("user=secret");
        assert_eq!(context.baggage(), Some("user=secret"));
        assert!(!format!("{context:?}").contains("secret"));
    }

    /// Whether it has the short way or goes by headers.
    #[test]
    fn an_event_continues_the_trace_that_it_carries() {
        const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let random = Random::from_seed(1);
        for baggage in [None, Some("user=1")] {
            let context = Context::of_event(&random, Some(TRACEPARENT), None, None, baggage);
            assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
            assert_eq!(context.traceparent(), TRACEPARENT);
            assert_eq!(context.request_id().len(), 36);
            assert_eq!((context.baggage(), context.deadline()), (baggage, None));
        }
        let lost = Context::of_event(&random, Some("00-0-0-00"), None, None, None);
        assert_eq!(lost.trace_id().len(), 32);
    }
}
