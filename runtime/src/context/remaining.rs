//! The time that is left, as the header that tells it to the next server.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;

use super::id::header;

/// What the next server is not told of the time that is left, so that it gives up before we do.
const SLACK: Duration = Duration::from_millis(5);

/// What an attempt has left, and what attempts have as a rule.
#[derive(Clone, Copy)]
pub(crate) struct Remaining<'a> {
    pub(crate) time: Duration,
    pub(crate) usual: &'a UsualTimeout,
}

impl Remaining<'_> {
    pub(super) fn to_header(self) -> HeaderValue {
        let millis = millis_to_send(self.time);
        if millis == self.usual.millis {
            self.usual.header.clone()
        } else {
            decimal(millis)
        }
    }
}

/// The time that a first attempt has left as a rule, written down once.
pub(crate) struct UsualTimeout {
    millis: u64,
    header: HeaderValue,
}

impl UsualTimeout {
    /// That of a call which has just begun: its first attempt has all of its time.
    pub(crate) fn of(timeout: Duration) -> Self {
        let millis = millis_to_send(timeout);
        Self {
            millis,
            header: decimal(millis),
        }
    }
}

/// What is left less the slack, in whole milliseconds, at least one.
fn millis_to_send(remaining: Duration) -> u64 {
    let millis = remaining.saturating_sub(SLACK).as_millis();
    u64::try_from(millis).unwrap_or(u64::MAX).max(1)
}

/// The number as digits, in one allocation where `HeaderValue::from(u64)` takes two.
pub(super) fn decimal(mut number: u64) -> HeaderValue {
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    while number > 0 || first == digits.len() {
        first -= 1;
        digits[first] += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    header(Bytes::copy_from_slice(&digits[first..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_next_server_gets_what_is_left_less_a_slack() {
        let check = |remaining: Duration, expected: &str| {
            assert_eq!(decimal(millis_to_send(remaining)), expected, "{remaining:?}");
        };
        check(Duration::from_millis(200), "195");
        check(Duration::from_micros(10_999), "5");
        check(Duration::from_millis(6), "1");
        check(Duration::from_millis(5), "1");
        check(Duration::ZERO, "1");
        check(Duration::from_secs(86_400), "86399995");
        check(Duration::MAX, "18446744073709551615");
    }

    #[test]
    fn the_time_of_a_first_attempt_is_written_down_once() {
        let usual = &UsualTimeout::of(SECOND);
        let header = |time| Remaining { time, usual }.to_header();
        let bytes = |time| header(time).as_bytes().as_ptr();
        assert_eq!(bytes(SECOND), usual.header.as_bytes().as_ptr());
        assert_ne!(bytes(SECOND / 2), usual.header.as_bytes().as_ptr());
    }
}
