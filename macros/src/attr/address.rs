//! What an event is called and whom it is for. The runtime checks the same of names that are made at run time.

use super::argument::Value;
use super::value;
use crate::errors::Errors;
use crate::spanned::Spanned;

const LONGEST: usize = 128;

/// What a queue binds stands for other names with these.
const WILDCARDS: [char; 2] = ['*', '#'];

/// What a routing key says of an event for every subscriber.
const ALL: &str = "all";

/// The name of an event, or nothing after a mistake.
pub(crate) fn event_name(name: Spanned<String>, errors: &mut Errors) -> String {
    if let Err(message) = check_name("an event's name", &name.value) {
        errors.push_at(name.span, message);
    }
    name.value
}

/// The service that an event is for.
pub(crate) fn target(written: &Value, errors: &mut Errors) -> Option<String> {
    let Spanned { value, span } = value::text(written, errors)?;
    match check_target(&value) {
        Ok(()) => Some(value),
        Err(message) => {
            errors.push_at(span, message);
            None
        }
    }
}

/// Whether an event can be sent to a service of this name.
pub(crate) fn check_target(name: &str) -> Result<(), String> {
    check_name("a target", name)?;
    if name == ALL {
        return Err(format!(
            "`{ALL}` stands for every service and is the name of none; an event without a target goes to all that \
             subscribe: `events.publish(&event)`"
        ));
    }
    if name.contains(['{', '}']) {
        return Err(format!(
            "a target has no placeholders, and `{name}` would be sent as it is; one that is known at run time is \
             said by `events.publish(&event).target(…)`"
        ));
    }
    Ok(())
}

fn check_name(kind: &str, name: &str) -> Result<(), String> {
    let illegal = name.chars().find(|letter| !letter.is_ascii_graphic());
    if name.is_empty() {
        return Err(format!(
            "{kind} is empty; expected 1 to {LONGEST} visible ASCII characters"
        ));
    }
    if let Some(letter) = illegal {
        return Err(format!(
            "{letter:?} is not legal in {kind}; expected 1 to {LONGEST} visible ASCII characters"
        ));
    }
    if let Some(wildcard) = name.chars().find(|letter| WILDCARDS.contains(letter)) {
        return Err(format!(
            "`{wildcard}` is not legal in {kind}: to a subscriber it stands for other names"
        ));
    }
    if name.len() > LONGEST {
        let length = name.len();
        return Err(format!(
            "{kind} of {length} characters is too long; expected 1 to {LONGEST} visible ASCII characters"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_name, check_target};

    #[test]
    fn a_name_is_visible_ascii() {
        for name in ["a", "order.paid", "chat/completed:v1", &"x".repeat(128)] {
            assert_eq!(check_name("a name", name), Ok(()));
        }
        for (name, expected) in [
            ("", "a name is empty"),
            ("two words", "' ' is not legal in a name"),
            ("é", "'é' is not legal"),
            ("order.*", "`*` is not legal in a name"),
            ("#", "`#` is not legal in a name"),
            ("a\0", "'\\0' is not legal"),
            (&"x".repeat(129), "a name of 129 characters is too long"),
        ] {
            let message = check_name("a name", name).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_target_is_one_service() {
        assert_eq!(check_target("agent-service"), Ok(()));
        assert!(check_target("all").unwrap_err().contains("every service"));
        assert!(check_target("{id}").unwrap_err().contains("no placeholders"));
    }
}
