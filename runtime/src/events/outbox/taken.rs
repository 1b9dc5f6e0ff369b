//! A record in the hands of a relay.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use super::engine::Due;
use super::fate::Fate;
use super::record::{Record, Stored, millis};
use super::shared::{Shared, lock};

/// A record that no other relay gets. [`Taken::confirm`] takes it off the disk, [`Taken::bury`] keeps it apart; dropped
/// without, it is relayed again.
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
        drop(self);
        // Last, so that who waits for it finds the figures as it expects them.
        shared.fates.decide(seq, Fate::Confirmed);
    }

    /// The broker will never have it: it is kept among the dead.
    pub(crate) fn bury(mut self) {
        self.settled = true;
        let due = Due {
            at: self.stored.record.expires_at.map_or(0, millis),
            seq: self.stored.seq,
        };
        let _ = self.shared.push(|work| work.buried.push(due));
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
