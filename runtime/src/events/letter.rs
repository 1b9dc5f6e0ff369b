//! The copies of an event that its queue gets back: to be tried again, as a dead letter, and revived from there.

use std::time::SystemTime;

use super::format::{
    self, ATTEMPT, DEAD_REASON, DEAD_TIME, FIRST_FAILURE, FIRST_FAILURE_TIME, is_of_brokers,
};
use super::text::Text;
use super::timestamp;
use super::wire::{Value, Wire};

/// The most bytes of a failure's text that travel with an event.
const LONGEST_FAILURE: usize = 1024;

/// A copy for the attempt of this number; it remembers this failure, unless there was one before.
pub(crate) fn for_retry(wire: &Wire, attempt: u32, failure: &str) -> Wire {
    let mut copy = unmarked(wire);
    remember(&mut copy, failure);
    copy.headers.set(ATTEMPT, Value::Number(attempt.into()));
    copy
}

/// A copy that says why it is dead, after how many attempts, and what the first failure was, if there was one.
pub(crate) fn dead(wire: &Wire, attempts: u32, reason: &str, first_failure: Option<&str>) -> Wire {
    let mut copy = unmarked(wire);
    let id = id(wire);
    if !id.is_empty() {
        copy.properties.message_id.get_or_insert(id);
    }
    if let Some(failure) = first_failure {
        remember(&mut copy, failure);
    }
    copy.headers.set(ATTEMPT, Value::Number(attempts.into()));
    copy.headers.set(
        DEAD_REASON,
        Value::Text(Text::copy(short(reason, LONGEST_FAILURE))),
    );
    let now = timestamp::write(SystemTime::now(), "Z");
    copy.headers.set(DEAD_TIME, Value::Text(now));
    copy
}

/// A copy as it was when it came for the first time, without an end: whoever replays it wants it handled.
pub(crate) fn revived(wire: &Wire) -> Wire {
    let mut copy = format::without_end(&unmarked(wire));
    for name in [DEAD_REASON, DEAD_TIME, FIRST_FAILURE, FIRST_FAILURE_TIME] {
        copy.headers.remove(name);
    }
    copy.headers.set(ATTEMPT, Value::Number(1));
    copy
}

/// The id that an event is listed by: the one that it says, else the native one; empty where it has none.
pub(crate) fn id(wire: &Wire) -> Text {
    let said = format::read(wire).ok().map(|message| message.id);
    let said = said.filter(|id| !id.is_empty());
    said.or_else(|| wire.properties.message_id.clone())
        .unwrap_or_else(|| "".into())
}

/// A copy that goes where this one does not for so many bytes too many: it gives up what was said of its failures. `None`
/// where that is not enough.
#[cfg(feature = "amqp")]
pub(crate) fn lighter(wire: &Wire, excess: impl Fn(&Wire) -> usize) -> Option<Wire> {
    let mut copy = wire.clone();
    for name in [FIRST_FAILURE, FIRST_FAILURE_TIME] {
        copy.headers.remove(name);
    }
    let reason = copy.headers.text(DEAD_REASON).cloned();
    if let Some(reason) = reason
        && excess(&copy) > 0
    {
        let room = reason.len().saturating_sub(excess(&copy));
        copy.headers
            .set(DEAD_REASON, Value::Text(Text::copy(short(&reason, room))));
    }
    for name in [DEAD_TIME, DEAD_REASON] {
        if excess(&copy) > 0 {
            copy.headers.remove(name);
        }
    }
    // Of a letter it is only told; of a retry it decides how many there are.
    if excess(&copy) > 0 && wire.headers.get(DEAD_REASON).is_some() {
        copy.headers.remove(ATTEMPT);
    }
    (excess(&copy) == 0).then_some(copy)
}

/// A copy without what brokers wrote onto it on its way: they say it of the next way, and then of that alone.
fn unmarked(wire: &Wire) -> Wire {
    let mut copy = wire.clone();
    copy.headers.retain(|name| !is_of_brokers(name));
    copy
}

fn remember(copy: &mut Wire, failure: &str) {
    if copy.headers.get(FIRST_FAILURE).is_some() {
        return;
    }
    let time = timestamp::write(SystemTime::now(), "Z");
    copy.headers
        .push(FIRST_FAILURE, Text::copy(short(failure, LONGEST_FAILURE)));
    copy.headers.push(FIRST_FAILURE_TIME, time);
}

/// The beginning of a text, at most so many bytes.
pub(crate) fn short(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
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
    fn a_letter_has_the_id_that_it_is_listed_by() {
        let mut wire = Wire {
            body: r#"{"id":"7","type":"paid","data":{}}"#.into(),
            ..Wire::default()
        };
        let letter = dead(&wire, 1, "no stock", None);
        assert_eq!(letter.properties.message_id.as_deref(), Some("7"));
        wire.properties.message_id = Some("native".into());
        assert_eq!(id(&wire).as_str(), "7");
        wire.body = "not an event".into();
        assert_eq!(id(&wire).as_str(), "native");
    }

    #[test]
    fn what_a_broker_wrote_is_not_carried_on() {
        let mut wire = Wire::default();
        wire.headers.push("x-first-death-reason", "expired");
        wire.headers.push_number("x-delivery-count", 3);
        for copy in [
            for_retry(&wire, 2, "failed"),
            dead(&wire, 1, "failed", None),
            revived(&wire),
        ] {
            assert_eq!(header(&copy, "x-first-death-reason"), None);
            assert_eq!(copy.headers.number("x-delivery-count"), None);
        }
    }

    #[cfg(feature = "amqp")]
    #[test]
    fn a_copy_that_is_too_heavy_gives_up_what_it_says_of_failures() {
        let letter = dead(&Wire::default(), 7, "no stock", Some("no stock either"));
        let over = |most: usize| move |wire: &Wire| wire.weight().saturating_sub(most);
        let bare = Wire::default().weight();
        let cut = lighter(&letter, over(bare + 8 + ATTEMPT.len() + 60)).expect("cut");
        assert_eq!(header(&cut, FIRST_FAILURE), None);
        assert_eq!(cut.headers.number(ATTEMPT), Some(7));
        let least = lighter(&letter, over(bare)).expect("as it came");
        assert_eq!(least.headers.iter().count(), 0);
        let retry = for_retry(&Wire::default(), 4, "no stock");
        assert!(
            lighter(&retry, over(bare)).is_none(),
            "it would be tried for ever"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let letter = dead(&Wire::default(), 0, &"ü".repeat(1000), None);
        assert_eq!(header(&letter, DEAD_REASON).map(str::len), Some(1024));
        assert_eq!(header(&letter, FIRST_FAILURE), None);
    }
}
