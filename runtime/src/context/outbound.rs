//! The headers that a call sends along.

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::id::{Id, OwnIds, trace_id_of};
use super::names::{
    BAGGAGE, TRACEPARENT, TRACESTATE, X_REQUEST_ID, X_REQUEST_TIMEOUT_MS, X_RETRY_ATTEMPT, X_TRACE_ID,
};
use super::remaining::{Remaining, decimal};
use super::traceparent::TraceParent;
use super::{Context, current};
use crate::random::Random;

/// The context of one call: the same on all of its attempts.
#[derive(Clone)]
pub(crate) struct CallContext {
    trace_id: Id,
    request_id: Id,
    parent: TraceParent,
    /// The header of the first attempt, made with the ids; of every attempt where the caller set it.
    traceparent: HeaderValue,
    is_callers: bool,
    tracestate: Option<HeaderValue>,
    baggage: Option<HeaderValue>,
    deadline: Option<Instant>,
}

impl CallContext {
    /// The most headers that [`write`](Self::write) adds.
    pub(crate) const HEADERS: usize = 7;

    /// The context of the scope around, or a new one, for a call with these headers of its caller.
    ///
    /// A caller's `x-request-id` is kept as it is; so are a valid `x-trace-id`, a valid `traceparent`, a `tracestate` and
    /// a `baggage`.
    /// One allocation.
    pub(crate) fn for_call(random: &Random, caller: &HeaderMap) -> Self {
        let mut call = match current() {
            Some(context) => Self::inherit(&context, random),
            None => Self::make(random),
        };
        if !caller.is_empty() {
            call.follow(caller, random);
        }
        call
    }

    fn make(random: &Random) -> Self {
        let ids = OwnIds::make(random);
        Self {
            trace_id: ids.trace_id,
            request_id: ids.request_id,
            parent: ids.parent,
            traceparent: ids.traceparent,
            is_callers: false,
            tracestate: None,
            baggage: None,
            deadline: None,
        }
    }

    fn inherit(Context(carried): &Context, random: &Random) -> Self {
        let parent = carried.parent.child(random);
        Self {
            trace_id: carried.trace_id.clone(),
            request_id: carried.request_id.clone(),
            parent,
            traceparent: parent.to_header(),
            is_callers: false,
            tracestate: carried.tracestate.clone(),
            baggage: carried.baggage.clone(),
            deadline: carried.deadline,
        }
    }

    /// Prefers what the caller set on the call itself.
    fn follow(&mut self, caller: &HeaderMap, random: &Random) {
        if let Some(id) = caller.get(&X_REQUEST_ID) {
            self.request_id = Id::of_caller(id);
        }
        let parent = caller.get(&TRACEPARENT).and_then(|value| value.to_str().ok());
        match (
            caller.get(&X_TRACE_ID).and_then(Id::from_header),
            parent.and_then(TraceParent::parse),
        ) {
            (None, None) => {}
            (Some(id), None) => self.rename(id, random),
            (id, Some(parent)) => {
                self.trace_id = id.unwrap_or_else(|| trace_id_of(parent));
                self.stand_at(parent, &caller[&TRACEPARENT]);
            }
        }
        self.tracestate.take_if(|_| caller.contains_key(&TRACESTATE));
        self.baggage.take_if(|_| caller.contains_key(&BAGGAGE));
    }

    fn rename(&mut self, id: Id, random: &Random) {
        if let Some(parent) = self.parent.in_trace(id.as_str())
            && !parent.is_same_trace(self.parent)
        {
            self.parent = parent.child(random);
            self.traceparent = self.parent.to_header();
            self.tracestate = None;
        }
        self.trace_id = id;
    }

    /// At the place that the caller named: it knows its own span.
    fn stand_at(&mut self, parent: TraceParent, header: &HeaderValue) {
        if !parent.is_same_trace(self.parent) {
            self.tracestate = None;
        }
        self.parent = parent;
        self.traceparent = header.clone();
        self.is_callers = true;
    }

    /// The trace id, for spans and errors.
    pub(crate) fn trace_id(&self) -> &str {
        self.trace_id.as_str()
    }

    /// The request id, for spans; empty where a caller set one that is not ASCII.
    pub(crate) fn request_id(&self) -> &str {
        self.request_id.as_str()
    }

    /// When whoever called us stops waiting.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Makes the entries of the headers that [`write`](Self::write) always writes, at the beginning of a map that is
    /// still empty: a copy of it does not grow, and they are found in it without a search.
    pub(crate) fn make_room(headers: &mut HeaderMap) {
        for name in ALWAYS {
            headers.insert(name, HeaderValue::from_static(""));
        }
    }

    /// Puts the headers of one attempt into those of its request, over any that are there.
    ///
    /// `retry` is 0 for the first attempt. The first costs no allocation where its time is the usual one, each other
    /// three at most.
    pub(crate) fn write(
        &self,
        headers: &mut HeaderMap,
        room: Room,
        retry: u32,
        remaining: Remaining<'_>,
        random: &Random,
    ) {
        let traceparent = if retry == 0 || self.is_callers {
            self.traceparent.clone()
        } else {
            self.parent.child(random).to_header()
        };
        let values = [
            self.trace_id.to_header(),
            self.request_id.to_header(),
            traceparent,
            remaining.to_header(),
        ];
        match room {
            Room::First => {
                for (entry, value) in headers.values_mut().zip(values) {
                    *entry = value;
                }
            }
            Room::Anywhere => {
                for (name, value) in ALWAYS.into_iter().zip(values) {
                    headers.insert(name, value);
                }
            }
        }
        if retry > 0 {
            headers.insert(&X_RETRY_ATTEMPT, decimal(u64::from(retry)));
        }
        if let Some(tracestate) = &self.tracestate {
            headers.insert(&TRACESTATE, tracestate.clone());
        }
        if let Some(baggage) = &self.baggage {
            headers.insert(&BAGGAGE, baggage.clone());
        }
    }
}

/// The headers that every attempt has.
static ALWAYS: [&HeaderName; 4] = [&X_TRACE_ID, &X_REQUEST_ID, &TRACEPARENT, &X_REQUEST_TIMEOUT_MS];

/// Where the headers that every attempt has are to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// Into the first entries, which are theirs already.
    First,
    /// Wherever there is room, over those that are there.
    Anywhere,
}

impl Room {
    /// The room in headers that began with [`make_room`](CallContext::make_room) and may have been changed since.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let are_first = headers.keys().take(ALWAYS.len()).eq(ALWAYS);
        // A header with several values would shift the values against the names.
        if are_first && headers.len() == headers.keys_len() {
            Self::First
        } else {
            Self::Anywhere
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;
    use crate::context::remaining::UsualTimeout;
    use crate::context::scope;

    const SECOND: Duration = Duration::from_secs(1);

    fn attempt(call: &CallContext, retry: u32, random: &Random) -> HeaderMap {
        let mut headers = HeaderMap::new();
        write(call, &mut headers, retry, SECOND, random);
        headers
    }

    fn write(call: &CallContext, headers: &mut HeaderMap, retry: u32, time: Duration, random: &Random) {
        let usual = &UsualTimeout::of(SECOND);
        call.write(
            headers,
            Room::of(headers),
            retry,
            Remaining { time, usual },
            random,
        );
    }

    fn part(headers: &HeaderMap, index: usize) -> String {
        let value = headers["traceparent"].to_str().expect("ascii");
        value.split('-').nth(index).expect("four parts").to_owned()
    }

    #[test]
    fn a_call_outside_of_a_scope_makes_its_ids() {
        let random = Random::from_seed(1);
        let (one, other) = (CallContext::make(&random), CallContext::make(&random));
        assert_ne!(one.trace_id(), other.trace_id());
        let headers = attempt(&one, 0, &random);
        assert_eq!(headers["x-trace-id"], one.trace_id());
        assert_eq!(headers["x-request-id"], one.request_id());
        assert_eq!(part(&headers, 1), one.trace_id());
        assert_eq!(headers.len(), 4);
    }

    #[test]
    fn attempts_share_their_ids_and_differ_in_their_span() {
        let random = Random::from_seed(2);
        let call = CallContext::make(&random);
        let attempts: Vec<HeaderMap> = (0..3).map(|retry| attempt(&call, retry, &random)).collect();
        let distinct =
            |value: &dyn Fn(&HeaderMap) -> String| attempts.iter().map(value).collect::<HashSet<_>>().len();
        assert_eq!(distinct(&|headers| format!("{:?}", headers["x-request-id"])), 1);
        assert_eq!(distinct(&|headers| format!("{:?}", headers["x-trace-id"])), 1);
        assert_eq!(distinct(&|headers| part(headers, 1)), 1);
        assert_eq!(distinct(&|headers| part(headers, 2)), 3);
        let retries: Vec<_> = attempts
            .iter()
            .map(|headers| headers.get("x-retry-attempt").cloned())
            .collect();
        assert_eq!(
            retries,
            [None, Some(HeaderValue::from(1)), Some(HeaderValue::from(2))]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_in_a_scope_carries_its_context() {
        let value = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        let context = Context::new()
            .with_traceparent(value)
            .with_trace_id("t")
            .with_request_id("r");
        let context = context.with_baggage("a=1").with_timeout(SECOND);
        let random = Random::from_seed(3);
        let deadline = context.deadline();
        let call = scope(context, async {
            CallContext::for_call(&random, &HeaderMap::new())
        })
        .await;
        assert_eq!(call.deadline(), deadline);
        let headers = attempt(&call, 0, &random);
        assert_eq!(
            (&headers["x-trace-id"], &headers["x-request-id"]),
            (&"t".parse().unwrap(), &"r".parse().unwrap())
        );
        assert_eq!(
            (part(&headers, 1).as_str(), part(&headers, 3).as_str()),
            ("4bf92f3577b34da6a3ce929d0e0e4736", "00")
        );
        assert_ne!(part(&headers, 2), "00f067aa0ba902b7");
        assert_eq!(headers["baggage"], "a=1");
    }

    #[test]
    fn a_caller_keeps_the_ids_that_it_set() {
        let random = Random::from_seed(4);
        let mut caller = HeaderMap::new();
        caller.insert("x-request-id", HeaderValue::from_static("mine"));
        caller.insert(
            "x-trace-id",
            HeaderValue::from_static("0AF7651916cd43dd8448eb211c80319c"),
        );
        let call = CallContext::for_call(&random, &caller);
        let mut headers = caller;
        write(&call, &mut headers, 0, SECOND, &random);
        assert_eq!(
            (call.request_id(), headers["x-request-id"].as_bytes()),
            ("mine", &b"mine"[..])
        );
        assert_eq!(headers["x-trace-id"], "0AF7651916cd43dd8448eb211c80319c");
        assert_eq!(part(&headers, 1), "0af7651916cd43dd8448eb211c80319c");
    }

    #[test]
    fn an_illegal_trace_id_of_a_caller_is_replaced() {
        let random = Random::from_seed(5);
        let mut headers = HeaderMap::new();
        headers.insert("x-trace-id", HeaderValue::from_static("two words"));
        let call = CallContext::for_call(&random, &headers);
        write(&call, &mut headers, 0, SECOND, &random);
        assert_eq!(
            (
                headers["x-trace-id"].len(),
                headers.get_all("x-trace-id").iter().count()
            ),
            (32, 1)
        );
    }

    #[tokio::test]
    async fn a_callers_baggage_comes_before_the_inherited() {
        let random = Random::from_seed(6);
        let mut headers = HeaderMap::new();
        headers.insert("baggage", HeaderValue::from_static("own=1"));
        let context = Context::new().with_baggage("inherited=1");
        let call = scope(context, async { CallContext::for_call(&random, &headers) }).await;
        write(&call, &mut headers, 0, SECOND, &random);
        assert_eq!(headers["baggage"], "own=1");
    }

    #[test]
    fn the_headers_of_an_earlier_attempt_are_written_over() {
        let random = Random::from_seed(7);
        let call = CallContext::make(&random);
        let mut headers = attempt(&call, 0, &random);
        write(&call, &mut headers, 1, SECOND, &random);
        assert_eq!(headers.len(), 5);
    }

    #[test]
    fn room_that_was_made_is_written_over() {
        let random = Random::from_seed(8);
        let mut template = HeaderMap::new();
        CallContext::make_room(&mut template);
        template.insert("accept", HeaderValue::from_static("*/*"));
        let call = CallContext::make(&random);
        for (remaining, expected) in [
            (SECOND, "995"),
            (SECOND.mul_f64(0.999_999), "994"),
            (SECOND / 2, "495"),
        ] {
            let mut headers = template.clone();
            write(&call, &mut headers, 0, remaining, &random);
            assert_eq!(headers["x-request-timeout-ms"], expected);
            assert_eq!(headers["x-trace-id"], call.trace_id());
            assert_eq!(headers["x-request-id"], call.request_id());
            assert_eq!(part(&headers, 1), call.trace_id());
            assert_eq!(headers.len(), 5);
        }
    }

    #[test]
    fn other_values_in_the_room_that_was_made_are_written_over_too() {
        let random = Random::from_seed(9);
        let mut headers = HeaderMap::new();
        CallContext::make_room(&mut headers);
        headers.remove("x-trace-id");
        for value in ["one", "two"] {
            headers.append("x-trace-id", HeaderValue::from_static(value));
            headers.append("traceparent", HeaderValue::from_static(value));
        }
        let call = CallContext::make(&random);
        write(&call, &mut headers, 0, SECOND, &random);
        assert_eq!((headers.len(), headers.keys_len()), (4, 4));
        assert_eq!(headers["x-trace-id"], call.trace_id());
        assert_eq!(part(&headers, 1), call.trace_id());
    }
}
