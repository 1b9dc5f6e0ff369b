//! The `traceparent` header of W3C Trace Context: `00-{32 digits}-{16 digits}-{flags}`.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use http::HeaderValue;

use super::id::{header, write_hex};
use crate::random::Random;

/// Sampled. Without it, a trace that starts here would be dropped wherever a callee follows its parent's decision.
const SAMPLED: u8 = 0x01;

/// The flags that version 00 knows: sampled, and (level 2) that the trace id is random.
const KNOWN_FLAGS: u8 = 0x03;

/// A place in a trace. Neither id is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceParent {
    /// The length of the header's value.
    pub(super) const LENGTH: usize = 55;
    /// Where the trace id is in it.
    pub(super) const TRACE_ID: Range<usize> = 3..35;
    const SPAN_ID: Range<usize> = 36..52;
    const FLAGS: Range<usize> = 53..55;

    /// The start of a new trace.
    pub(super) fn make(random: &Random) -> Self {
        Self {
            trace: random.next_u128().max(1),
            span: new_span(random),
            flags: SAMPLED,
        }
    }

    /// Reads the header; of a later version that which version 00 has, as the standard asks.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let version = hex(text.get(..2)?)?;
        let rest = text.get(Self::LENGTH..)?;
        let is_whole = rest.is_empty() || version > 0 && rest.starts_with('-');
        let dashes = [2, 35, 52].iter().all(|at| text.as_bytes()[*at] == b'-');
        if version == 0xff || !is_whole || !dashes {
            return None;
        }
        let trace = parse_trace_id(text.get(Self::TRACE_ID)?)?;
        let span = hex(text.get(Self::SPAN_ID)?)?;
        let flags = hex(text.get(Self::FLAGS)?)?;
        Some(Self {
            trace,
            span: u64::try_from(span).ok().filter(|span| *span != 0)?,
            flags: u8::try_from(flags).ok()? & KNOWN_FLAGS,
        })
    }

    /// The same trace seen from a new span.
    pub(super) fn child(self, random: &Random) -> Self {
        Self {
            span: new_span(random),
            ..self
        }
    }

    /// The same span in the trace that this id names; `None` when the id is not 32 hexadecimal digits.
    pub(super) fn in_trace(self, id: &str) -> Option<Self> {
        let trace = parse_trace_id(&id.to_ascii_lowercase())?;
        Some(Self { trace, ..self })
    }

    pub(super) fn is_same_trace(self, other: Self) -> bool {
        self.trace == other.trace
    }

    /// Writes the header's value; `out` has [`LENGTH`](Self::LENGTH) bytes.
    pub(super) fn write(self, out: &mut [u8]) {
        out.fill(b'-');
        write_hex(&[0], &mut out[..2]);
        write_hex(&self.trace.to_be_bytes(), &mut out[Self::TRACE_ID]);
        write_hex(&self.span.to_be_bytes(), &mut out[Self::SPAN_ID]);
        write_hex(&[self.flags], &mut out[Self::FLAGS]);
    }

    pub(super) fn to_header(self) -> HeaderValue {
        let mut text = [0; Self::LENGTH];
        self.write(&mut text);
        header(Bytes::copy_from_slice(&text))
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

fn new_span(random: &Random) -> u64 {
    random.next_u64().max(1)
}

fn parse_trace_id(text: &str) -> Option<u128> {
    if text.len() != 32 {
        return None;
    }
    hex(text).filter(|trace| *trace != 0)
}

/// Lower-case digits alone: the standard calls upper-case ones invalid.
fn hex(text: &str) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if !text.bytes().all(is_digit) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// What is sent on: `None` for an invalid one.
    fn check(text: &str, expected: Option<&str>) {
        let read = TraceParent::parse(text);
        assert_eq!(
            read.map(|parent| parent.to_string()).as_deref(),
            expected,
            "{text:?}"
        );
        let header = read.map(TraceParent::to_header);
        assert_eq!(
            header.as_ref().map(|value| value.to_str().expect("ascii")),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn reads_what_the_standard_allows() {
        let valid = format!("00-{TRACE}-00f067aa0ba902b7-01");
        check(&valid, Some(&valid));
        check(
            &format!("00-{TRACE}-00f067aa0ba902b7-00"),
            Some(&format!("00-{TRACE}-00f067aa0ba902b7-00")),
        );
        // Flags of a later level are not passed on.
        check(
            &format!("00-{TRACE}-00f067aa0ba902b7-ff"),
            Some(&format!("00-{TRACE}-00f067aa0ba902b7-03")),
        );
        // Later versions: the known part counts, and what follows it begins with a dash.
        check(&format!("cc-{TRACE}-00f067aa0ba902b7-01"), Some(&valid));
        check(
            &format!("cc-{TRACE}-00f067aa0ba902b7-01-what-comes"),
            Some(&valid),
        );
    }

    #[test]
    fn refuses_what_the_standard_forbids() {
        check("", None);
        check("00", None);
        check("x", None);
        check(&format!("ff-{TRACE}-00f067aa0ba902b7-01"), None);
        check(&format!("00-{TRACE}-00f067aa0ba902b7-01-more"), None);
        check(&format!("cc-{TRACE}-00f067aa0ba902b7-01x"), None);
        check(&format!("00-{TRACE}-00f067aa0ba902b7"), None);
        check(&format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()), None);
        check(&format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), None);
        check(&format!("00-{TRACE}-0000000000000000-01"), None);
        check(&format!("00-{TRACE}-00f067aa0ba902bz-01"), None);
        check(&format!("00-{TRACE}-+0f067aa0ba902b7-01"), None);
        check(&format!("00_{TRACE}-00f067aa0ba902b7-01"), None);
        check(&format!("00-{}é-00f067aa0ba902b7-01", &TRACE[..30]), None);
        check(&"é".repeat(40), None);
    }

    #[test]
    fn a_child_keeps_the_trace_and_has_a_span_of_its_own() {
        let random = Random::from_seed(1);
        let parent = TraceParent::make(&random);
        let child = parent.child(&random);
        assert!(child.is_same_trace(parent));
        assert_ne!(child.span, parent.span);
    }

    #[test]
    fn only_32_digits_name_a_trace() {
        let parent = TraceParent::make(&Random::from_seed(2));
        let named = parent.in_trace(&TRACE.to_uppercase()).expect("32 digits");
        assert!(named.to_string().contains(TRACE));
        for id in [
            "req-1",
            &TRACE[1..],
            &"0".repeat(32),
            "550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert_eq!(parent.in_trace(id), None, "{id}");
        }
    }
}
