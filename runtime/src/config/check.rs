//! Rules that the builder and the file share, beyond what a single type says.

use http::StatusCode;

use super::settings::Settings;

pub(crate) const ABOVE_ZERO: &str = "a whole number of 1 or more";
pub(crate) const ERROR_STATUS: &str = "a status from 400 to 599";
pub(crate) const HEALTH_PATH: &str =
    "a path such as `/api/health`, perhaps with a query, of characters that stand in a URL as they are";

/// Two settings of one level that cannot both be meant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Contradiction {
    pub(crate) key: &'static str,
    pub(crate) value: String,
    pub(crate) expected: String,
}

/// The first contradiction of a level, if there is one; across levels the smaller simply wins.
pub(crate) fn contradiction(settings: &Settings) -> Option<Contradiction> {
    let pairs = [
        (
            "attempt_timeout",
            settings.attempt_timeout,
            "timeout",
            settings.timeout,
        ),
        (
            "retry.delay",
            settings.retry.delay,
            "retry.max_delay",
            settings.retry.max_delay,
        ),
    ];
    pairs.into_iter().find_map(|(key, value, bound_key, bound)| {
        let (value, bound) = (value?, bound?);
        (value > bound).then(|| Contradiction {
            key,
            value: format!("{value:?}"),
            expected: format!("at most `{bound_key}`, which is `{bound:?}`"),
        })
    })
}

/// # Errors
/// What is allowed: a success or a redirect is an answer, not a reason to ask again.
pub(crate) fn retried_status(code: u16) -> Result<StatusCode, &'static str> {
    StatusCode::from_u16(code)
        .ok()
        .filter(|status| status.is_client_error() || status.is_server_error())
        .ok_or(ERROR_STATUS)
}

/// # Errors
/// What is allowed.
pub(crate) fn check_health_path(path: &str) -> Result<(), &'static str> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%?".contains(&byte);
    if path.starts_with('/') && path.bytes().all(is_legal) {
        Ok(())
    } else {
        Err(HEALTH_PATH)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn finds_a_time_above_its_bound() {
        let seconds = |number| Some(Duration::from_secs(number));
        let mut settings = Settings {
            timeout: seconds(1),
            attempt_timeout: seconds(1),
            ..Settings::default()
        };
        assert_eq!(contradiction(&settings), None);
        settings.retry.delay = seconds(6);
        assert_eq!(contradiction(&settings), None, "the bound is of another level");
        settings.retry.max_delay = seconds(5);
        let found = contradiction(&settings).expect("6 s are above 5 s");
        assert_eq!((found.key, found.value.as_str()), ("retry.delay", "6s"));
        settings.attempt_timeout = seconds(2);
        let found = contradiction(&settings).expect("2 s are above 1 s");
        assert_eq!(
            (found.key, found.expected.as_str()),
            ("attempt_timeout", "at most `timeout`, which is `1s`")
        );
    }

    #[test]
    fn only_errors_are_retried() {
        let check = |code, is_legal| assert_eq!(retried_status(code).is_ok(), is_legal, "{code}");
        for (code, is_legal) in [
            (0, false),
            (200, false),
            (302, false),
            (399, false),
            (400, true),
            (409, true),
            (599, true),
            (600, false),
        ] {
            check(code, is_legal);
        }
    }

    #[test]
    fn a_health_path_is_a_path() {
        for path in ["/", "/api/health", "/health?deep=1"] {
            assert_eq!(check_health_path(path), Ok(()), "{path}");
        }
        for path in [
            "",
            "health",
            "http://a/health",
            "/a b",
            "/a#b",
            "/{a}",
            "/ü",
            "/a\n",
        ] {
            assert_eq!(check_health_path(path), Err(HEALTH_PATH), "{path:?}");
        }
    }
}
