//! Events that a broker closes the channel for: larger than its operator allows, which nobody knows before.

use super::super::super::{Again, Nack};
use super::super::fault::Fault;
use super::Parcel;
use crate::events::PublishFailure;

/// The most bytes of an event, where that is what the channel was closed for. A broker says so in its text alone:
/// "message size 2000 is larger than configured max size 1000".
pub(super) fn allowed(fault: &Fault) -> Option<usize> {
    let (before, after) = fault.text.rsplit_once(" max size ")?;
    if !before.contains("message size ") {
        return None;
    }
    let digits = after
        .split(|character: char| !character.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

/// Why an event cannot be published, where it is larger.
pub(super) fn refusal(parcel: &Parcel, most: usize) -> Option<Nack> {
    let bytes = parcel.wire.body.len();
    (bytes > most).then(|| Nack {
        again: Again::Never,
        failure: PublishFailure::TooLarge,
        ..Nack::permanent(format!(
            "the event has {bytes} bytes: the broker allows at most {most}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::fault::Cause;
    use super::*;

    fn check(text: &str, expected: Option<usize>) {
        assert_eq!(allowed(&Fault::new(Cause::Conflict, text)), expected, "{text}");
    }

    #[test]
    fn the_broker_names_what_it_allows() {
        let said = "PRECONDITION_FAILED - message size 2000 is larger than";
        check(&format!("{said} configured max size 1000"), Some(1000));
        check(
            &format!("{said} max size 536870912 (class 60)"),
            Some(536_870_912),
        );
        check(&format!("{said} configured max size"), None);
        check("inequivalent arg 'x-max size 1' for queue", None);
        check("PRECONDITION_FAILED - unknown delivery tag 1", None);
    }
}
