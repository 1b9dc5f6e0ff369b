//! What `Retry-After` asks for: seconds, or a date in one of the three forms of HTTP.
//!
//! <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>, the dates in section 5.6.7 of it.

use std::time::{Duration, SystemTime};

use http::HeaderValue;

/// The longest wait that is believed; no deadline reaches further.
const MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the server asks to wait, at most 24 hours; nothing for a date that is past, `None` for garbage.
pub(crate) fn parse(value: &HeaderValue, now: SystemTime) -> Option<Duration> {
    let text = value.to_str().ok()?.trim_ascii();
    let wait = seconds(text).or_else(|| until(text, now))?;
    Some(wait.min(MOST))
}

/// Digits only: `u64::from_str` would take a sign, and refuse what is too long to count.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().map_or(MOST, Duration::from_secs))
}

fn until(text: &str, now: SystemTime) -> Option<Duration> {
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Sun, 06 Nov 1994 08:49:37 GMT, the date that RFC 9110 uses.
    const NOW: u64 = 784_111_777;

    fn check(value: &[u8], expected: Option<u64>) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let header = HeaderValue::from_bytes(value).expect("the test's value is a legal header");
        let expected = expected.map(Duration::from_secs);
        assert_eq!(
            parse(&header, now),
            expected,
            "{:?}",
            String::from_utf8_lossy(value)
        );
    }

    #[test]
    fn seconds_are_a_delay() {
        check(b"0", Some(0));
        check(b"2", Some(2));
        check(b" 120\t", Some(120));
        check(b"007", Some(7));
    }

    #[test]
    fn a_delay_is_at_most_a_day() {
        check(b"86400", Some(86_400));
        check(b"86401", Some(86_400));
        check(b"18446744073709551616", Some(86_400));
        check(&[b'9'; 4096], Some(86_400));
        check(b"Mon, 06 Nov 2023 08:49:37 GMT", Some(86_400));
        check(b"Fri, 31 Dec 9999 23:59:59 GMT", Some(86_400));
    }

    #[test]
    fn a_date_is_the_time_until_then_in_all_three_forms() {
        check(b"Sun, 06 Nov 1994 08:49:39 GMT", Some(2));
        check(b"Sunday, 06-Nov-94 08:50:37 GMT", Some(60));
        check(b"Sun Nov  6 09:49:37 1994", Some(3600));
    }

    #[test]
    fn a_date_that_is_past_is_no_delay() {
        check(b"Sun, 06 Nov 1994 08:49:37 GMT", Some(0));
        check(b"Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
    }

    #[test]
    fn anything_else_is_nothing() {
        for garbage in [
            "",
            " ",
            "-1",
            "+1",
            "1.5",
            "1s",
            "0x10",
            "1 2",
            "soon",
            "Sun",
            "Sun, 06 Nov 1994",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:37 PST",
            "Mon, 01 Jan 0001 00:00:00 GMT",
            "Sunday, 99-Xyz-94 08:49:37 GMT",
            "Sun Nov 99 08:49:37 1994",
        ] {
            check(garbage.as_bytes(), None);
        }
        check(b"\xff\xfe2", None);
        check("２".as_bytes(), None);
    }

    #[test]
    fn a_clock_before_1970_is_no_panic() {
        let now = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        let header = HeaderValue::from_static("Thu, 01 Jan 1970 00:00:01 GMT");
        assert_eq!(parse(&header, now), Some(Duration::from_secs(2)));
    }

    #[test]
    fn a_million_random_values_are_no_panic_and_no_more_than_a_day() {
        const ALPHABET: &[u8] = b"0123456789 0123456789 ,:-+.GMTSunMonFriNovDecJan\t\xff";
        let random = Random::from_seed(9110);
        let mut bytes = [0; 32];
        for _ in 0..1_000_000 {
            let mut bits = random.next_u128();
            for byte in &mut bytes {
                *byte = ALPHABET[(bits % 50) as usize];
                bits /= 14;
            }
            let length = (random.next_u64() % 33) as usize;
            let header = HeaderValue::from_bytes(&bytes[..length]).expect("the alphabet is legal");
            assert!(parse(&header, SystemTime::UNIX_EPOCH).is_none_or(|wait| wait <= MOST));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(10_000))]

        #[test]
        fn nearly_dates_are_no_panic(
            text in "(Sun|Mon|Tuesday|Xyz)[, ]{1,2}[0-9 ]{1,2}[ -](Nov|Feb|Foo)[ -][0-9]{1,5} [0-9]{2}[:;][0-9]{2}:[0-9]{2}( GMT| [0-9]{4})?"
        ) {
            if let Ok(header) = HeaderValue::from_str(&text) {
                let _ = parse(&header, SystemTime::UNIX_EPOCH);
            }
        }
    }
}
