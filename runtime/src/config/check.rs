//! Rules that the builder and the file share, beyond what a single type says.

use http::StatusCode;

use super::mistake::wrong;
use super::settings::Settings;
use crate::error::Error;

pub(crate) const ABOVE_ZERO: &str = "a whole number of 1 or more";
const A_NAME: &str = "one or more visible ASCII characters, without spaces, such as `order-service`";
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

/// Checks the name of a service, which is a header of each call.
///
/// # Errors
/// `Config`, with the name and what is allowed.
pub(crate) fn check_service_name(name: &str) -> Result<(), Error> {
    check_name("the name of a service", name)
}

/// Checks the name of the caller, which is a header of each call and the source of its events.
///
/// # Errors
/// As [`check_service_name`].
pub(crate) fn check_caller_name(name: &str) -> Result<(), Error> {
    check_name("the client's own name", name)
}

fn check_name(what: &str, name: &str) -> Result<(), Error> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(wrong(what, name, A_NAME))
    }
}

/// The most tries after the first: more would be a service that is never left alone.
pub(crate) const MOST_RETRIES: u32 = 100;
pub(crate) const RETRIES: &str = "a whole number from 0 to 100";

/// # Errors
/// What is allowed.
pub(crate) fn check_retries(times: u32) -> Result<u32, &'static str> {
    if times <= MOST_RETRIES {
        Ok(times)
    } else {
        Err(RETRIES)
    }
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
    fn a_name_can_be_a_header() {
        for name in ["a", "order-service", "a/b:c_D.1"] {
            assert!(check_service_name(name).is_ok(), "{name}");
        }
        for name in ["", " ", "two words", "größe", "a\n"] {
            let error = check_caller_name(name).expect_err(name);
            let message = error.message();
            assert!(
                message.contains("own name") && message.contains("visible ASCII"),
                "{message}"
            );
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
