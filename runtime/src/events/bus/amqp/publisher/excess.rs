//! Events that a broker closes the channel for: larger than its operator allows, which nobody knows before.

use std::time::Duration;

use tokio::time::Instant;

use super::super::super::{Again, Nack};
use super::super::fault::Fault;
use super::Parcel;
use crate::events::PublishFailure;

/// How long a limit is heeded: an operator may raise it, and nobody is told.
const HEEDED: Duration = Duration::from_secs(10 * 60);

/// What brokers were found to allow: each event that is sent all the same costs a connection. At most one for each address.
#[derive(Default)]
pub(super) struct Allowances(Vec<Allowance>);

struct Allowance {
    address: String,
    most: usize,
    since: Instant,
}

impl Allowances {
    /// Keeps what the broker at this address has closed the channel for, if that is a limit.
    pub(super) fn learn(&mut self, address: &str, fault: &Fault) {
        let Some(most) = allowed(fault) else { return };
        self.0.retain(|known| known.address != address);
        self.0.push(Allowance {
            address: address.to_owned(),
            most,
            since: Instant::now(),
        });
    }

    /// Why the broker at this address would not take the event, where that is known.
    pub(super) fn refusal(&self, address: &str, parcel: &Parcel) -> Option<Nack> {
        let bytes = parcel.wire.body.len();
        self.most(address, bytes).map(|most| too_large(bytes, most))
    }

    /// The limit that so many bytes exceed.
    fn most(&self, address: &str, bytes: usize) -> Option<usize> {
        let exceeded = |known: &&Allowance| known.most < bytes && known.address == address;
        let known = self.0.iter().find(exceeded)?;
        (known.since.elapsed() < HEEDED).then_some(known.most)
    }
}

/// The most bytes of an event, where that is what the channel was closed for. A broker says so in its text alone:
/// "message size 2000 is larger than configured max size 1000".
fn allowed(fault: &Fault) -> Option<usize> {
    let (before, after) = fault.text.rsplit_once(" max size ")?;
    if !before.contains("message size ") {
        return None;
    }
    let digits = after
        .split(|character: char| !character.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

fn too_large(bytes: usize, most: usize) -> Nack {
    Nack {
        again: Again::Never,
        failure: PublishFailure::TooLarge,
        ..Nack::permanent(format!(
            "the event has {bytes} bytes: the broker allows at most {most}"
        ))
    }
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

    #[tokio::test(start_paused = true)]
    async fn a_limit_holds_for_its_address_and_ten_minutes() {
        let said = "message size 2000 is larger than configured max size 1000";
        let mut allowances = Allowances::default();
        allowances.learn("one:5672", &Fault::new(Cause::Conflict, said));
        allowances.learn("one:5672", &Fault::new(Cause::Lost, "the connection is over"));
        assert_eq!(allowances.most("one:5672", 1001), Some(1000));
        assert_eq!(allowances.most("one:5672", 1000), None);
        assert_eq!(allowances.most("two:5672", 1001), None);
        tokio::time::advance(HEEDED).await;
        assert_eq!(allowances.most("one:5672", 1001), None);
    }

    #[test]
    fn an_address_is_known_once() {
        let mut allowances = Allowances::default();
        for most in [1000, 2000] {
            let said = format!("message size 3000 is larger than configured max size {most}");
            allowances.learn("one:5672", &Fault::new(Cause::Conflict, said));
        }
        assert_eq!(allowances.0.len(), 1);
        assert_eq!(allowances.most("one:5672", 3000), Some(2000));
    }
}
