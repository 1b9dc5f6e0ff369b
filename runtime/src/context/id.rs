//! Trace and request ids: which text may be one, and what a new one looks like.

use bytes::Bytes;
use http::HeaderValue;

use super::traceparent::TraceParent;
use crate::random::Random;

/// The most characters of an id that is taken over from elsewhere.
const LONGEST: usize = 128;

/// The length of a UUID as text.
const UUID: usize = 36;

/// An id as its header value: 1 to 128 visible ASCII characters, unless a caller set it on its own call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id(HeaderValue);

impl Id {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !is_id(text.as_bytes()) {
            return None;
        }
        HeaderValue::from_str(text).ok().map(Self)
    }

    /// The id in a header that came in, sharing its bytes.
    pub(super) fn from_header(value: &HeaderValue) -> Option<Self> {
        is_id(value.as_bytes()).then(|| Self(value.clone()))
    }

    /// A request id that a caller set on its call: whatever a header may hold.
    pub(super) fn of_caller(value: &HeaderValue) -> Self {
        Self(value.clone())
    }

    /// The text; empty for a caller's own id that is not ASCII.
    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// What a call, or a context, that nobody gave ids makes for itself.
pub(super) struct OwnIds {
    pub(super) trace_id: Id,
    pub(super) request_id: Id,
    pub(super) parent: TraceParent,
    pub(super) traceparent: HeaderValue,
}

impl OwnIds {
    pub(super) fn make(random: &Random) -> Self {
        Self::in_trace(TraceParent::make(random), random)
    }

    /// One allocation for all three headers: the trace id is a part of the `traceparent`.
    pub(super) fn in_trace(parent: TraceParent, random: &Random) -> Self {
        let mut text = [0; TraceParent::LENGTH + UUID];
        let (head, tail) = text.split_at_mut(TraceParent::LENGTH);
        parent.write(head);
        write_uuid(random.next_u128(), tail);
        let mut text = Bytes::from_owner(text);
        let trace_id = Id(header(text.slice(TraceParent::TRACE_ID)));
        let request_id = Id(header(text.slice(TraceParent::LENGTH..)));
        text.truncate(TraceParent::LENGTH);
        Self {
            trace_id,
            request_id,
            parent,
            traceparent: header(text),
        }
    }
}

/// A new UUID, as the key of a call that is safe to repeat.
pub(crate) fn new_uuid(random: &Random) -> HeaderValue {
    let mut text = [0; UUID];
    write_uuid(random.next_u128(), &mut text);
    header(Bytes::from_owner(text))
}

/// A trace id as it is in a `traceparent`.
pub(super) fn trace_id_of(parent: TraceParent) -> Id {
    let mut text = [0; TraceParent::LENGTH];
    parent.write(&mut text);
    Id(header(Bytes::from_owner(text).slice(TraceParent::TRACE_ID)))
}

/// A header value of text that is made here: digits and dashes.
pub(super) fn header(text: Bytes) -> HeaderValue {
    HeaderValue::from_maybe_shared(text).expect("digits and dashes are legal in a header value")
}

/// Hexadecimal digits, two a byte; `out` is twice as long as `bytes`.
pub(super) fn write_hex(bytes: &[u8], out: &mut [u8]) {
    for (digits, bytes) in out.chunks_mut(8).zip(bytes.chunks(4)) {
        let mut word = [0; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        digits.copy_from_slice(&hex_digits(u32::from_be_bytes(word))[..digits.len()]);
    }
}

/// The eight digits of a word, all at once: every call writes eighty of them.
fn hex_digits(word: u32) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut digits = u64::from(word);
    digits = (digits << 16 | digits) & 0x0000_ffff_0000_ffff;
    digits = (digits << 8 | digits) & 0x00ff_00ff_00ff_00ff;
    digits = (digits << 4 | digits) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in each byte whose digit is a letter: ten and six are sixteen.
    let letters = (digits + 6 * ONES) >> 4 & ONES;
    (digits + u64::from(b'0') * ONES + letters * u64::from(b'a' - b'0' - 10)).to_be_bytes()
}

/// A version 4 UUID of random bits (RFC 9562, section 5.4); `out` has 36 bytes.
fn write_uuid(bits: u128, out: &mut [u8]) {
    let mut bytes = bits.to_be_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    write_hyphenated(&bytes, out);
}

/// A UUID as text; `out` has 36 bytes.
pub(crate) fn write_hyphenated(bytes: &[u8; 16], out: &mut [u8]) {
    let mut digits = [0; 32];
    write_hex(bytes, &mut digits);
    out.fill(b'-');
    out[..8].copy_from_slice(&digits[..8]);
    out[9..13].copy_from_slice(&digits[8..12]);
    out[14..18].copy_from_slice(&digits[12..16]);
    out[19..23].copy_from_slice(&digits[16..20]);
    out[24..].copy_from_slice(&digits[20..]);
}

fn is_id(text: &[u8]) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kept: bool) {
        assert_eq!(Id::parse(text).is_some(), kept, "{text:?}");
        let value = HeaderValue::from_bytes(text.as_bytes());
        let from_header = value.ok().and_then(|value| Id::from_header(&value));
        assert_eq!(from_header.is_some(), kept, "header {text:?}");
    }

    #[test]
    fn keeps_visible_ascii_of_1_to_128_characters() {
        check("a", true);
        check("req-1/2:!~", true);
        check(&"x".repeat(128), true);
        check("", false);
        check(&"x".repeat(129), false);
        check("two words", false);
        check("tab\there", false);
        check("line\nbreak", false);
        check("grün", false);
    }

    #[test]
    fn own_ids_are_32_digits_and_a_uuid_v4() {
        for seed in 0..1000 {
            let ids = OwnIds::make(&Random::from_seed(seed));
            let (trace_id, request_id) = (ids.trace_id.as_str(), ids.request_id.as_str());
            assert!(
                trace_id.len() == 32 && trace_id.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{trace_id}"
            );
            let lengths: Vec<usize> = request_id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{request_id}");
            assert_eq!(&request_id[14..15], "4");
            assert!(
                matches!(&request_id[19..20], "8" | "9" | "a" | "b"),
                "{request_id}"
            );
        }
    }

    #[test]
    fn the_trace_id_is_the_one_in_the_traceparent() {
        let ids = OwnIds::make(&Random::from_seed(1));
        let traceparent = ids.traceparent.to_str().expect("ascii");
        assert_eq!(traceparent.split('-').nth(1), Some(ids.trace_id.as_str()));
        assert_eq!(trace_id_of(ids.parent), ids.trace_id);
    }
}
