//! A record in the hands of a relay.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::aside::{Pause, Way};
use super::engine::Due;
use super::fate::Fate;
use super::record::{Record, Stored, millis};
use super::shared::{Shared, lock};
use crate::events::letter;

/// The most bytes of a reason that are kept; the bound of the store does not count them.
const LONGEST_REASON: usize = 256;

/// A record that no other relay gets. [`Taken::confirm`] takes it off the disk, [`Taken::bury`] keeps it apart,
/// [`Taken::set_aside`] lets it wait; dropped without, it is relayed again.
pub(crate) struct Taken {
    stored: Stored,
    shared: Arc<Shared>,
    settled: bool,
}

impl Taken {
    pub(super) fn new(stored: Stored, shared: &Arc<Shared>) -> Self {
        shared.counts.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            stored,
            shared: Arc::clone(shared),
            settled: false,
        }
    }

    /// The event.
    pub(crate) fn record(&self) -> &Record {
        &self.stored.record
    }

    /// When it was accepted, by the clock of the machine.
    pub(crate) fn accepted_at(&self) -> SystemTime {
        self.stored.accepted_at
    }

    /// The broker has it: it is deleted with one of the next commits, at most 20 ms from now.
    pub(crate) fn confirm(mut self) {
        self.settled = true;
        let (shared, seq) = (Arc::clone(&self.shared), self.stored.seq);
        let bytes = self.stored.record.weight();
        shared.counts.confirm(bytes);
        let pushed = shared.push(|work| {
            work.confirmed.push(seq);
            work.confirmed_bytes += bytes;
        });
        if pushed.is_err() {
            // After the end of the store it stays there, and is relayed once more by the next.
            shared.counts.delete(1, bytes);
        }
        if lock(&shared.aside).pass(seq, Instant::now()) {
            shared.arrived.notify_one();
        }
        drop(self);
        // Last, so that who waits for it finds the figures as it expects them.
        shared.fates.decide(seq, Fate::Confirmed);
    }

    /// The broker does not take it now, and no others of this routing key, it may be: it is relayed again when its time
    /// comes.
    pub(crate) fn set_aside(mut self, key: &str, pause: Pause<impl FnOnce(Duration) -> Duration>) {
        self.settled = true;
        let seq = self.stored.seq;
        lock(&self.shared.aside).add(seq, Way::of(seq.lane, key), pause, Instant::now());
        self.shared.arrived.notify_one();
    }

    /// The broker will never have it, for this reason: it is kept among the dead.
    pub(crate) fn bury(mut self, reason: &str) {
        self.settled = true;
        if lock(&self.shared.aside).forget(self.stored.seq) {
            self.shared.arrived.notify_one();
        }
        let due = Due {
            at: self.stored.record.expires_at.map_or(0, millis),
            seq: self.stored.seq,
        };
        let reason = letter::short(reason, LONGEST_REASON).into();
        let _ = self.shared.push(|work| {
            work.buried.push(due);
            work.reasons.push((due.seq, reason));
        });
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.shared.counts.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.settled {
            lock(&self.shared.returned).push(self.stored.seq);
            self.shared.arrived.notify_one();
        }
    }
}
