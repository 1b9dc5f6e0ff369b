//! Which names may be sent: of events, targets, groups and headers.

use super::format::is_reserved;
use super::topology::{DEAD_WORD, HIGH_WORD};
use crate::{Error, ErrorKind};

/// The most characters of a name.
const LONGEST: usize = 128;
/// The most bytes of a routing key, as AMQP has it.
pub(crate) const LONGEST_KEY: usize = 255;
/// The most headers of an event.
const MOST_HEADERS: usize = 64;
/// The most bytes of a header's value.
const LONGEST_VALUE: usize = 8 * 1024;

const WILDCARDS: [char; 2] = ['*', '#'];

/// What a routing key says of an event without a target; no service has this name.
pub(crate) const ALL: &str = "all";

/// # Errors
/// `Request` when it is not 1 to 128 visible ASCII characters, or has a wildcard.
pub(crate) fn check_event(name: &str) -> Result<(), Error> {
    check("event name", name)?;
    check_is_plain("event name", name)
}

/// # Errors
/// `Request` when it is not 1 to 128 visible ASCII characters, has a wildcard, or is `all`.
pub(crate) fn check_target(target: &str) -> Result<(), Error> {
    check("target", target)?;
    check_is_plain("target", target)?;
    check_is_service("target", target)
}

/// # Errors
/// `Config` when it is not 1 to 128 visible ASCII characters, has a wildcard, or is `all`.
pub(crate) fn check_group(kind: &str, group: &str) -> Result<(), Error> {
    let checked = check(kind, group)
        .and_then(|()| check_is_plain(kind, group))
        .and_then(|()| check_is_service(kind, group));
    checked.map_err(|error| Error::new(ErrorKind::Config, error.message().to_owned()))
}

/// # Errors
/// `Config` where a group may not be named so, and where another queue of its group is.
pub(crate) fn check_subscription(name: &str) -> Result<(), Error> {
    check_group("subscription", name)?;
    if ![DEAD_WORD, HIGH_WORD].contains(&name) {
        return Ok(());
    }
    let message = format!(
        "subscription `{name}`: expected another name than `{DEAD_WORD}` and `{HIGH_WORD}`, which queues of each group have"
    );
    Err(Error::new(ErrorKind::Config, message))
}

/// # Errors
/// `Request` when there are too many, a name is illegal or taken, or a value is too long.
pub(crate) fn check_headers<'a>(
    headers: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
) -> Result<(), Error> {
    if headers.len() > MOST_HEADERS {
        let count = headers.len();
        return Err(refused(format!(
            "{count} headers: expected at most {MOST_HEADERS}"
        )));
    }
    for (name, value) in headers {
        check("header", name)?;
        if is_reserved(name) {
            return Err(refused(format!(
                "header `{name}`: the name has a meaning of its own"
            )));
        }
        if value.len() > LONGEST_VALUE {
            let bytes = value.len();
            let message = format!("header `{name}` of {bytes} bytes: expected at most {LONGEST_VALUE}");
            return Err(refused(message));
        }
    }
    Ok(())
}

/// # Errors
/// `Request` when a routing key, ours or the publisher's, is empty or longer than 255 bytes.
pub(crate) fn check_key(length: usize) -> Result<(), Error> {
    if (1..=LONGEST_KEY).contains(&length) {
        return Ok(());
    }
    let what = "target, source and event name or the routing key";
    Err(refused(format!(
        "{what}: {length} bytes, expected 1 to {LONGEST_KEY}"
    )))
}

fn check(kind: &str, name: &str) -> Result<(), Error> {
    let is_legal = (1..=LONGEST).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    if is_legal {
        return Ok(());
    }
    let shown: String = name.chars().take(LONGEST).collect();
    Err(refused(format!(
        "{kind} {shown:?}: expected 1 to {LONGEST} visible ASCII characters"
    )))
}

/// In what a queue binds `*` stands for any word and `#` for any number of them.
fn check_is_plain(kind: &str, name: &str) -> Result<(), Error> {
    if !name.contains(WILDCARDS) {
        return Ok(());
    }
    Err(refused(format!(
        "{kind} {name:?}: expected no `*` and no `#`, which stand for other names"
    )))
}

fn check_is_service(kind: &str, name: &str) -> Result<(), Error> {
    if name != ALL {
        return Ok(());
    }
    Err(refused(format!(
        "{kind} `{ALL}`: the name stands for every service"
    )))
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Request, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_message(checked: Result<(), Error>, expected: &str) {
        assert_eq!(checked.expect_err(expected).message(), expected);
    }

    #[test]
    fn names_are_visible_ascii() {
        assert!(check_event("chat.completed/v1").is_ok());
        check_message(
            check_event("two words"),
            "event name \"two words\": expected 1 to 128 visible ASCII characters",
        );
        assert!(check_event("").is_err());
        assert!(check_event(&"x".repeat(129)).is_err());
    }

    #[test]
    fn wildcards_name_nothing() {
        check_message(
            check_event("order.*"),
            "event name \"order.*\": expected no `*` and no `#`, which stand for other names",
        );
        assert!(check_target("#").is_err());
        let group = check_group("group", "a*").expect_err("a wildcard");
        assert_eq!(group.kind(), ErrorKind::Config);
    }

    #[test]
    fn all_is_no_service() {
        check_message(
            check_target("all"),
            "target `all`: the name stands for every service",
        );
        let group = check_group("group", "all").expect_err("not a service");
        assert_eq!(group.kind(), ErrorKind::Config);
    }

    #[test]
    fn a_subscription_has_no_name_of_another_queue_of_its_group() {
        for name in ["dead", "high"] {
            let expected = format!(
                "subscription `{name}`: expected another name than `dead` and `high`, which queues of each group have"
            );
            check_message(check_subscription(name), &expected);
        }
        assert_eq!(
            check_subscription("all").expect_err("all").kind(),
            ErrorKind::Config
        );
        assert!(check_subscription("audit").is_ok());
        assert!(check_subscription("retry").is_ok(), "its queues end in a time");
    }

    #[test]
    fn headers_that_have_a_meaning_are_refused() {
        let check = |name: &str, value: &str| check_headers([(name, value)].into_iter());
        assert!(check("x-tenant", "a b").is_ok());
        for name in [
            "Traceparent",
            "x-attempt",
            "cloudEvents_id",
            "cloudevents:type",
            "x-death",
            "priority",
        ] {
            check_message(
                check(name, "1"),
                &format!("header `{name}`: the name has a meaning of its own"),
            );
        }
        assert!(check("x", &"v".repeat(LONGEST_VALUE + 1)).is_err());
        assert!(check_headers([("x", "v"); MOST_HEADERS + 1].into_iter()).is_err());
    }
}
