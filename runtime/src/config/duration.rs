//! Lengths of time as text: `"250ms"` in files and attributes, seconds in the environment.

use std::time::Duration;

/// The shortest time that a setting may be.
pub(crate) const SHORTEST: Duration = Duration::from_millis(1);

/// The longest time that a setting may be.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// What a length of time in a file may be.
pub(crate) const A_DURATION: &str =
    "a whole number with a unit of `ms`, `s`, `m` or `h`, from `1ms` to `24h`, such as `\"250ms\"`";

/// What a length of time in code may be.
const IN_RANGE: &str = "1 ms to 24 h";
const IN_RANGE_OR_ZERO: &str = "0 to 24 h";

const SECONDS: &str = "seconds as a decimal number from 0.001 to 86400";
const SECONDS_OR_ZERO: &str = "seconds as a decimal number, 0 or from 0.001 to 86400";

/// Milliseconds in each unit.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Reads `"250ms"`, `"2s"`, `"5m"`, `"1h"`, from 1 ms to 24 h.
///
/// Whole numbers only: what is less than a second has a unit of its own, and one way to write a time is enough. The
/// attributes of the macro read the same.
///
/// # Errors
/// What is allowed, for the caller to put beside the setting and the value.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(A_DURATION)?;
    // A number that overflows is out of range as well.
    let number: u64 = number.parse().map_err(|_| A_DURATION)?;
    let duration = Duration::from_millis(number.checked_mul(*milliseconds).ok_or(A_DURATION)?);
    check_duration(duration)
        .map(|()| duration)
        .map_err(|_| A_DURATION)
}

/// Reads seconds as the environment has them: `30`, `0.5`; at least 1 ms, at most 24 h.
///
/// # Errors
/// What is allowed.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, &'static str> {
    decimal_seconds(text)
        .filter(|duration| check_duration(*duration).is_ok())
        .ok_or(SECONDS)
}

/// The same where no time at all is a choice: the delay between attempts.
///
/// # Errors
/// What is allowed.
pub(crate) fn parse_seconds_or_zero(text: &str) -> Result<Duration, &'static str> {
    let is_zero = || text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    decimal_seconds(text)
        .filter(|duration| check_duration(*duration).is_ok() || is_zero())
        .ok_or(SECONDS_OR_ZERO)
}

/// # Errors
/// What is allowed.
pub(crate) fn check_duration(duration: Duration) -> Result<(), &'static str> {
    if (SHORTEST..=LONGEST).contains(&duration) {
        Ok(())
    } else {
        Err(IN_RANGE)
    }
}

/// # Errors
/// What is allowed.
pub(crate) fn check_delay(duration: Duration) -> Result<(), &'static str> {
    if duration <= LONGEST {
        Ok(())
    } else {
        Err(IN_RANGE_OR_ZERO)
    }
}

/// Digits with at most one point among them: `f64` alone would also read `inf`, `nan`, `1e3` and `+1`.
fn decimal_seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let seconds: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_unit_up_to_the_bounds() {
        let check = |text, milliseconds| {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        };
        check("250ms", 250);
        check("2s", 2_000);
        check("5m", 300_000);
        check("1h", 3_600_000);
        check("1ms", 1);
        check("007s", 7_000);
        check("24h", 86_400_000);
        check("86400000ms", 86_400_000);
    }

    #[test]
    fn refuses_what_is_no_duration_or_out_of_range() {
        for text in [
            "",
            "s",
            "30",
            "0ms",
            "0s",
            "-1s",
            "+1s",
            " 2s",
            "2s ",
            "2 s",
            "2S",
            "2sec",
            "1d",
            "1.5s",
            "1m30s",
            "25h",
            "1441m",
            "86400001ms",
            "99999999999999999999s",
            "18446744073709551615h",
            "2é",
            "٣s",
            "ms2",
        ] {
            assert_eq!(parse_duration(text), Err(A_DURATION), "{text}");
        }
    }

    #[test]
    fn reads_decimal_seconds() {
        let check = |text, milliseconds| {
            assert_eq!(
                parse_seconds(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        };
        check("30", 30_000);
        check("30.0", 30_000);
        check("0.1", 100);
        check("0.001", 1);
        check("1.5", 1_500);
        check("86400", 86_400_000);
    }

    #[test]
    fn refuses_seconds_that_are_not_a_decimal_number_in_range() {
        for text in [
            "", ".", "0", "0.0", "-1", "+1", "1e3", "inf", "nan", "NaN", "infinity", "5s", "1,5", ".5", "5.",
            "1.2.3", "86400.1", "0.0001", "1_000", "0x10", "٣",
        ] {
            assert_eq!(parse_seconds(text), Err(SECONDS), "{text}");
        }
        assert_eq!(parse_seconds(&"9".repeat(5_000)), Err(SECONDS));
    }

    #[test]
    fn a_delay_may_be_zero_and_a_timeout_may_not() {
        for text in ["0", "0.0", "000"] {
            assert_eq!(parse_seconds_or_zero(text), Ok(Duration::ZERO), "{text}");
        }
        assert_eq!(parse_seconds_or_zero("0.1"), Ok(Duration::from_millis(100)));
        for text in ["-0", "", ".", "0.0001", "0.0000000000000001", "86401"] {
            assert_eq!(parse_seconds_or_zero(text), Err(SECONDS_OR_ZERO), "{text}");
        }
        assert_eq!(check_delay(Duration::ZERO), Ok(()));
        assert_eq!(check_duration(Duration::ZERO), Err(IN_RANGE));
        assert_eq!(check_delay(Duration::MAX), Err(IN_RANGE_OR_ZERO));
    }
}
