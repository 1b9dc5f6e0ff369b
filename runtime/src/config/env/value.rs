//! What the values of the environment may be.

use crate::config::check::{RETRIES, check_retries};

pub(super) const BOOLEAN: &str = "`true` or `false`";
pub(super) const COUNT_ABOVE_ZERO: &str = "a whole number from 1 to 4294967295";
pub(super) const PORT: &str = "a port from 1 to 65535";

pub(super) fn boolean(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(BOOLEAN),
    }
}

pub(super) fn retries(text: &str) -> Result<u32, &'static str> {
    check_retries(digits(text).ok_or(RETRIES)?)
}

pub(super) fn count_above_zero(text: &str) -> Result<u32, &'static str> {
    digits(text).filter(|count| *count > 0).ok_or(COUNT_ABOVE_ZERO)
}

pub(super) fn port(text: &str) -> Result<u16, &'static str> {
    let port = digits(text).and_then(|port| u16::try_from(port).ok());
    port.filter(|port| *port > 0).ok_or(PORT)
}

/// Digits alone: `parse` would also read `+3`.
fn digits(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_booleans_in_any_case() {
        let check = |text, expected| assert_eq!(boolean(text), expected, "{text}");
        check("true", Ok(true));
        check("False", Ok(false));
        check("TRUE", Ok(true));
        for text in ["1", "0", "yes", "on", "", "truе"] {
            check(text, Err(BOOLEAN));
        }
    }

    #[test]
    fn reads_whole_numbers_within_their_bounds() {
        assert_eq!(retries("0"), Ok(0));
        assert_eq!(retries("100"), Ok(100));
        for text in ["", "-1", "+1", "3.0", "1e3", "4294967296", "three", "٣"] {
            assert_eq!(retries(text), Err(RETRIES), "{text}");
        }
        assert_eq!(count_above_zero("0"), Err(COUNT_ABOVE_ZERO));
        assert_eq!(count_above_zero("1"), Ok(1));
        assert_eq!(port("65535"), Ok(65535));
        for text in ["0", "65536", "http", ""] {
            assert_eq!(port(text), Err(PORT), "{text}");
        }
    }
}
