//! The context that an inbound request brings.

use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use super::id::Id;
use super::names::{BAGGAGE, TRACEPARENT, TRACESTATE, X_REQUEST_ID, X_REQUEST_TIMEOUT_MS, X_TRACE_ID};
use super::traceparent::TraceParent;
use super::{Carried, Context};
use crate::random::Random;

/// The most bytes of `baggage`, and of `tracestate`, that are carried on; W3C asks for 8192 of the former.
pub(super) const CARRIED_LIMIT: usize = 8192;

/// The farthest deadline that a header can set.
pub(super) const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads the headers; what is missing or illegal is made anew, never an error.
///
/// `logging` says whether what is dropped is told of.
pub(super) fn read(headers: &HeaderMap, random: &Random, logging: bool) -> Context {
    Context::make(random).change(|carried| {
        take_ids(headers, carried, logging);
        carried.baggage = joined(headers, &BAGGAGE, logging);
        carried.deadline = timeout(headers, logging).map(|timeout| Instant::now() + timeout);
    })
}

/// The trace id is, first match: `x-trace-id`, `x-request-id`, the id inside `traceparent`, a new one.
fn take_ids(headers: &HeaderMap, carried: &mut Carried, logging: bool) {
    let parent = traceparent(headers);
    if let Some(parent) = parent {
        carried.continue_trace(parent);
        carried.tracestate = joined(headers, &TRACESTATE, logging);
    }
    let request_id = headers.get(&X_REQUEST_ID).and_then(Id::from_header);
    if let Some(request_id) = &request_id {
        carried.request_id = request_id.clone();
    }
    let trace_id = headers.get(&X_TRACE_ID).and_then(Id::from_header);
    match (trace_id, request_id) {
        (None, None) => {}
        // A proxy gives any request an id; that does not end the W3C trace that the request belongs to.
        (None, Some(id)) if parent.is_some() => carried.trace_id = id,
        (Some(id), _) | (None, Some(id)) => carried.name_trace(id),
    }
}

/// More than one `traceparent` is as good as none, says the standard.
fn traceparent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all(&TRACEPARENT).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    TraceParent::parse(value.to_str().ok()?)
}

/// A list header as one value, its lines in their order; `None` when it is empty or too long to be carried.
fn joined(headers: &HeaderMap, name: &HeaderName, logging: bool) -> Option<HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    let mut whole = first.as_bytes().to_vec();
    for value in values {
        whole.push(b',');
        whole.extend_from_slice(value.as_bytes());
    }
    if whole.len() > CARRIED_LIMIT {
        if logging {
            let (header, bytes) = (name.as_str(), whole.len());
            tracing::debug!(target: "trunkline", header, bytes, "dropped an inbound header that is too long");
        }
        return None;
    }
    HeaderValue::from_maybe_shared(Bytes::from(whole))
        .ok()
        .filter(|value| !value.is_empty())
}

/// Milliseconds; a number that is too large is the longest timeout, and what is no number is none.
fn timeout(headers: &HeaderMap, logging: bool) -> Option<Duration> {
    let digits = headers.get(&X_REQUEST_TIMEOUT_MS)?.as_bytes();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        if logging {
            tracing::debug!(target: "trunkline", "ignored an x-request-timeout-ms that is no number of milliseconds");
        }
        return None;
    }
    let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    let millis = digits.iter().fold(0, add);
    Some(Duration::from_millis(millis).min(LONGEST_TIMEOUT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::capture;

    const DIGITS: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const OTHER: &str = "0af7651916cd43dd8448eb211c80319c";

    fn context(headers: &[(&'static str, &str)]) -> Context {
        let pair = |(name, value): &(&'static str, &str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value.as_bytes()).expect("legal"),
            )
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers.iter().map(pair) {
            map.append(name, value);
        }
        read(&map, &Random::from_seed(1), true)
    }

    fn parent(trace: &str) -> String {
        format!("00-{trace}-00f067aa0ba902b7-01")
    }

    fn check_trace_id(headers: &[(&'static str, &str)], expected: &str) {
        assert_eq!(context(headers).trace_id(), expected, "{headers:?}");
    }

    fn check_trace(headers: &[(&'static str, &str)], expected: &str) {
        let traceparent = context(headers).traceparent();
        assert_eq!(traceparent.split('-').nth(1), Some(expected), "{headers:?}");
    }

    #[test]
    fn the_trace_id_is_the_first_of_four() {
        let parent = parent(DIGITS);
        let all = [
            ("x-trace-id", "t"),
            ("x-request-id", "r"),
            ("traceparent", &parent),
        ];
        check_trace_id(&all, "t");
        check_trace_id(&all[1..], "r");
        check_trace_id(&all[2..], DIGITS);
        check_trace_id(&[], context(&[]).trace_id());
        assert_eq!(context(&[]).trace_id().len(), 32);
    }

    #[test]
    fn an_illegal_id_is_passed_over() {
        check_trace_id(&[("x-trace-id", "two words"), ("x-request-id", "r")], "r");
        check_trace_id(&[("x-trace-id", ""), ("traceparent", &parent(DIGITS))], DIGITS);
        check_trace_id(
            &[("x-trace-id", "é"), ("traceparent", "00-1")],
            context(&[]).trace_id(),
        );
    }

    #[test]
    fn the_w3c_trace_is_the_digits_of_the_trace_id_else_the_inbound_one() {
        let inbound = parent(DIGITS);
        check_trace(&[("x-trace-id", OTHER), ("traceparent", &inbound)], OTHER);
        check_trace(&[("x-trace-id", "t"), ("traceparent", &inbound)], DIGITS);
        check_trace(&[("x-request-id", OTHER), ("traceparent", &inbound)], DIGITS);
        check_trace(&[("x-request-id", OTHER)], OTHER);
    }

    #[test]
    fn the_request_id_is_kept_or_made() {
        assert_eq!(context(&[("x-request-id", "r")]).request_id(), "r");
        assert_eq!(context(&[("x-trace-id", "t")]).request_id().len(), 36);
        assert_eq!(context(&[("x-request-id", "not legal")]).request_id().len(), 36);
    }

    #[test]
    fn two_traceparents_are_none() {
        check_trace_id(
            &[("traceparent", &parent(DIGITS)), ("traceparent", &parent(OTHER))],
            context(&[]).trace_id(),
        );
    }

    #[test]
    fn tracestate_goes_with_its_trace() {
        let inbound = parent(DIGITS);
        let state = [
            ("traceparent", &*inbound),
            ("tracestate", "a=1"),
            ("tracestate", "b=2"),
            ("x-trace-id", OTHER),
        ];
        assert_eq!(context(&state[..3]).tracestate(), Some("a=1,b=2"));
        assert_eq!(context(&state).tracestate(), None);
        assert_eq!(context(&state[1..3]).tracestate(), None);
    }

    #[test]
    fn baggage_is_carried_up_to_its_limit() {
        assert_eq!(
            context(&[("baggage", "a=1;p"), ("baggage", "b=2")]).baggage(),
            Some("a=1;p,b=2")
        );
        assert_eq!(
            context(&[("baggage", &"x".repeat(8192))]).baggage().map(str::len),
            Some(8192)
        );
        assert_eq!(context(&[("baggage", &"x".repeat(8193))]).baggage(), None);
        assert_eq!(context(&[("baggage", "")]).baggage(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_timeout_becomes_a_deadline() {
        let check = |value: &str, expected: Option<u64>| {
            let remaining = context(&[("x-request-timeout-ms", value)]).remaining();
            assert_eq!(remaining, expected.map(Duration::from_millis), "{value:?}");
        };
        check("1500", Some(1500));
        check("0", Some(0));
        check("007", Some(7));
        check("86400001", Some(86_400_000));
        check("99999999999999999999999999", Some(86_400_000));
        for garbage in ["", "-1", "+1", "1.5", "1s", "١", "1 ", "0x10"] {
            check(garbage, None);
        }
    }

    #[test]
    fn any_header_makes_a_context_that_can_be_sent_on() {
        let random = Random::from_seed(2);
        let alphabet = b"0123456789abcdef-,=; \tA\xc3\xa9~";
        for _ in 0..100_000 {
            let name = [
                &X_TRACE_ID,
                &X_REQUEST_ID,
                &TRACEPARENT,
                &BAGGAGE,
                &X_REQUEST_TIMEOUT_MS,
            ];
            let mut headers = HeaderMap::new();
            for name in name {
                // Near the length of a traceparent, where the ends of its parts are.
                let length = random.next_u64() % 60;
                let draw = |_| alphabet[usize::from(random.next_u64().to_be_bytes()[0]) % alphabet.len()];
                let value: Vec<u8> = (0..length).map(draw).collect();
                headers.insert(name, HeaderValue::from_bytes(&value).expect("legal in a header"));
            }
            let context = read(&headers, &random, true);
            assert!((1..=128).contains(&context.trace_id().len()));
            assert_eq!(TraceParent::parse(&context.traceparent()), Some(context.0.parent));
        }
    }

    #[test]
    fn says_what_it_ignores_without_the_value() {
        capture::start();
        context(&[
            ("x-request-timeout-ms", "soon"),
            ("baggage", &"secret".repeat(8192)),
        ]);
        let seen = capture::seen();
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(
            seen.iter()
                .all(|event| event.target == "trunkline" && event.level == tracing::Level::DEBUG)
        );
        assert!(!format!("{seen:?}").contains("secret"));
    }
}
