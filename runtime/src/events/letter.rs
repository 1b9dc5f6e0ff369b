//! The copies of an event that its queue gets back: to be tried again, as a dead letter, and revived from there.

use std::time::SystemTime;

use super::format::{ATTEMPT, DEAD_REASON, FIRST_FAILURE, FIRST_FAILURE_TIME};
use super::text::Text;
use super::timestamp;
use super::wire::{Value, Wire};

/// The most bytes of a failure's text that travel with an event.
const LONGEST_FAILURE: usize = 1024;

/// A copy for the attempt of this number; it remembers this failure, unless there was one before.
pub(crate) fn for_retry(wire: &Wire, attempt: u32, failure: &str) -> Wire {
    let mut copy = wire.clone();
    remember(&mut copy, failure);
    copy.headers.set(ATTEMPT, Value::Number(attempt.into()));
    copy
}

/// A copy that says why it is dead, after how many attempts, and what the first failure was, if there was one.
pub(crate) fn dead(wire: &Wire, attempts: u32, reason: &str, first_failure: Option<&str>) -> Wire {
    let mut copy = wire.clone();
    if let Some(failure) = first_failure {
        remember(&mut copy, failure);
    }
    copy.headers.set(ATTEMPT, Value::Number(attempts.into()));
    copy.headers
        .set(DEAD_REASON, Value::Text(Text::copy(short(reason))));
    copy
}

/// A copy as it was when it came for the first time.
pub(crate) fn revived(wire: &Wire) -> Wire {
    let mut copy = wire.clone();
    for name in [DEAD_REASON, FIRST_FAILURE, FIRST_FAILURE_TIME] {
        copy.headers.remove(name);
    }
    copy.headers.set(ATTEMPT, Value::Number(1));
    copy
}

fn remember(copy: &mut Wire, failure: &str) {
    if copy.headers.get(FIRST_FAILURE).is_some() {
        return;
    }
    let time = timestamp::write(SystemTime::now(), "Z");
    copy.headers.push(FIRST_FAILURE, Text::copy(short(failure)));
    copy.headers.push(FIRST_FAILURE_TIME, time);
}

/// The beginning of a text, at most 1 KiB.
fn short(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_FAILURE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(wire: &'a Wire, name: &str) -> Option<&'a str> {
        wire.headers.text(name).map(Text::as_str)
    }

    #[test]
    fn a_letter_remembers_the_first_failure_and_says_the_last() {
        let first = for_retry(&Wire::default(), 4, "first");
        let letter = dead(&for_retry(&first, 5, "second"), 5, "third", Some("third"));
        assert_eq!(header(&letter, FIRST_FAILURE), Some("first"));
        assert_eq!(header(&letter, DEAD_REASON), Some("third"));
        assert_eq!(letter.headers.number(ATTEMPT), Some(5));
        let revived = revived(&letter);
        assert_eq!(
            (revived.headers.number(ATTEMPT), revived.headers.iter().count()),
            (Some(1), 1)
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let letter = dead(&Wire::default(), 0, &"ü".repeat(1000), None);
        assert_eq!(header(&letter, DEAD_REASON).map(str::len), Some(1024));
        assert_eq!(header(&letter, FIRST_FAILURE), None);
    }
}
