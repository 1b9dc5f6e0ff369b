//! Is there room? Who comes to a full store waits in line, and only the caller's patience ends the wait.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::StoreError;
use super::engine::Level;

/// Bytes that may wait in memory for the commit under way.
const IN_HAND: usize = 8 << 20;

/// How much an outbox keeps before those who publish have to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Records that wait for a confirm: 1 000 000.
    pub(crate) records: usize,
    /// Bytes of these records, without the engine's own overhead: 256 MiB.
    pub(crate) bytes: usize,
}

/// The dead have room of their own, so large a part of that of the others. Those beyond it take of that: nothing is thrown
/// away, and whoever publishes learns that the outbox is full.
const FOR_THE_DEAD: usize = 4;

impl Bounds {
    /// The records and bytes that take of the room of those who publish.
    pub(super) fn used(self, level: &Level) -> (u64, u64) {
        let beyond = |dead: u64, bound: usize| dead.saturating_sub(count(bound / FOR_THE_DEAD));
        (
            level.records + beyond(level.dead_records, self.records),
            level.bytes + beyond(level.dead_bytes, self.bytes),
        )
    }
}

fn count(bound: usize) -> u64 {
    u64::try_from(bound).unwrap_or(u64::MAX)
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            records: 1_000_000,
            bytes: 256 << 20,
        }
    }
}

/// The room of one store. All lines are fair, and are stood in in the same order, so that nobody overtakes.
pub(super) struct Room {
    bounds: Bounds,
    records: Line,
    bytes: Line,
    in_hand: Arc<Semaphore>,
}

/// A record's share of the room: given back when dropped, kept when the record is on disk.
pub(super) struct Place {
    records: OwnedSemaphorePermit,
    bytes: OwnedSemaphorePermit,
    _in_hand: OwnedSemaphorePermit,
}

impl Place {
    /// The record is on disk: its share comes back with [`Room::free`].
    pub(super) fn keep(self) {
        self.records.forget();
        self.bytes.forget();
    }
}

impl Room {
    /// The room left in a store that is as full as this already.
    pub(super) fn new(bounds: Bounds, level: &Level) -> Self {
        let (records, bytes) = bounds.used(level);
        Self {
            bounds,
            records: Line::new(bounds.records, records),
            bytes: Line::new(bounds.bytes, bytes),
            in_hand: Arc::new(Semaphore::new(IN_HAND)),
        }
    }

    /// Waits for room for one record. Dropped while it waits, it leaves the line and nothing else.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] at once where no emptying would help, `ended()` where the store ends meanwhile.
    pub(super) async fn take(
        &self,
        length: usize,
        ended: impl Fn() -> StoreError,
    ) -> Result<Place, StoreError> {
        let too_large = StoreError::TooLarge {
            length,
            bound: self.bounds.bytes,
        };
        let permits = match u32::try_from(length) {
            Ok(permits) if length <= self.bounds.bytes && self.bounds.records > 0 => permits,
            Ok(_) | Err(_) => return Err(too_large),
        };
        self.stand_in_line(permits).await.map_err(|_| ended())
    }

    /// The records and bytes that take of the room, in a store that is as full as this.
    pub(super) fn used(&self, level: &Level) -> (u64, u64) {
        self.bounds.used(level)
    }

    /// Records have left the store, or have found room among the dead.
    pub(super) fn free(&self, records: u64, bytes: u64) {
        self.records.free(records);
        self.bytes.free(bytes);
    }

    /// Sends everybody away: the store takes no more.
    pub(super) fn close(&self) {
        self.records.permits.close();
        self.bytes.permits.close();
        self.in_hand.close();
    }

    async fn stand_in_line(&self, bytes: u32) -> Result<Place, AcquireError> {
        let in_hand = bytes.min(u32::try_from(IN_HAND).unwrap_or(u32::MAX));
        Ok(Place {
            records: Arc::clone(&self.records.permits).acquire_owned().await?,
            bytes: Arc::clone(&self.bytes.permits).acquire_many_owned(bytes).await?,
            _in_hand: Arc::clone(&self.in_hand).acquire_many_owned(in_hand).await?,
        })
    }
}

/// One thing that there is a bound of.
struct Line {
    permits: Arc<Semaphore>,
    /// What a store opened with smaller bounds holds beyond them; nobody gets in before it is gone.
    excess: Mutex<usize>,
}

impl Line {
    fn new(bound: usize, used: u64) -> Self {
        let used = usize::try_from(used).unwrap_or(usize::MAX);
        // What is more than there can be permits is no bound; what is used takes of them all the same.
        let bound = bound.min(Semaphore::MAX_PERMITS);
        Self {
            permits: Arc::new(Semaphore::new(bound.saturating_sub(used))),
            excess: Mutex::new(used.saturating_sub(bound)),
        }
    }

    fn free(&self, amount: u64) {
        let amount = usize::try_from(amount).unwrap_or(usize::MAX);
        let mut excess = self.excess.lock().unwrap_or_else(PoisonError::into_inner);
        let paid = amount.min(*excess);
        *excess -= paid;
        self.permits.add_permits(amount - paid);
    }
}
