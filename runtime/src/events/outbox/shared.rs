//! What the store, the records it handed out and the writing thread have in common.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, Semaphore};

use super::StoreError;
use super::aside::Aside;
use super::engine::{EngineError, InUse, Level};
use super::fate::Fates;
use super::lanes::Lanes;
use super::record::{Seq, millis, time};
use super::room::Room;
use super::waiting::{Waiting, Work};

/// Where the outbox gets the time of day from; expiry outlives the process, so no clock of the process will do.
pub(super) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The state of one open store.
pub(super) struct Shared {
    pub(super) directory: PathBuf,
    pub(super) clock: Clock,
    pub(super) waiting: Waiting,
    pub(super) room: Room,
    /// Held over reads from disk: by the relay on a blocking thread, and by the writing thread.
    pub(super) lanes: Mutex<Lanes>,
    /// Given back since the last take; apart from the lanes, so that a drop never waits for a disk.
    pub(super) returned: Mutex<Vec<Seq>>,
    /// Refused for now. Its lock is short too, and taken after that of the lanes.
    pub(super) aside: Mutex<Aside>,
    /// There is something to relay, perhaps.
    pub(super) arrived: Notify,
    pub(super) fates: Fates,
    pub(super) counts: Counts,
    /// `None` once the store has ended.
    pub(super) engine: Mutex<Option<Arc<InUse>>>,
    pub(super) level: Mutex<Level>,
    /// Why the store has ended.
    pub(super) end: OnceLock<StoreError>,
    /// Closed when the writing thread is done.
    pub(super) finished: Semaphore,
    /// Closed when the file is closed and the directory free: somebody may be reading still when the writing is done.
    pub(super) vacated: Arc<Semaphore>,
}

/// What happened since the store was opened.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) accepted: AtomicU64,
    /// By the broker; those that are not deleted yet are among them.
    pub(super) confirmed: AtomicU64,
    pub(super) confirmed_bytes: AtomicU64,
    pub(super) deleted: AtomicU64,
    pub(super) deleted_bytes: AtomicU64,
    pub(super) buried: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) in_flight: AtomicU64,
}

impl Counts {
    /// The broker has one of so many bytes.
    pub(super) fn confirm(&self, bytes: u64) {
        self.confirmed.fetch_add(1, Ordering::Relaxed);
        self.confirmed_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many of those are no longer to be taken off what the store holds.
    pub(super) fn delete(&self, records: u64, bytes: u64) {
        self.deleted.fetch_add(records, Ordering::Relaxed);
        self.deleted_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// The figures of an outbox, for metrics and health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Records put on disk since the store was opened.
    pub(crate) accepted: u64,
    /// Records that the broker has confirmed since then.
    pub(crate) confirmed: u64,
    /// Records that expired or were refused for good since then.
    pub(crate) buried: u64,
    /// Commits since then: accepted by commits is how well they share a sync.
    pub(crate) commits: u64,
    /// Records without a confirm, those in flight included.
    pub(crate) depth: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Records that a relay holds.
    pub(crate) in_flight: u64,
    /// Expired and refused records that are kept.
    pub(crate) dead: u64,
    /// Their bytes.
    pub(crate) dead_bytes: u64,
    /// Since when the oldest record waits.
    pub(crate) age: Option<Duration>,
}

impl Shared {
    pub(super) fn now(&self) -> u64 {
        millis((self.clock)())
    }

    /// Why the store takes no more, if so.
    pub(super) fn ended(&self) -> StoreError {
        self.end.get().cloned().unwrap_or(StoreError::Closed)
    }

    /// The engine while the store is open.
    pub(super) fn engine(&self) -> Result<Arc<InUse>, StoreError> {
        lock(&self.engine).clone().ok_or_else(|| self.ended())
    }

    /// Ends the store because of this error: what is on disk is uncertain until it is read again.
    pub(super) fn fail(&self, error: EngineError) -> StoreError {
        self.finish(StoreError::Failed {
            directory: self.directory.clone(),
            reason: error.into_reason().into(),
        });
        self.ended()
    }

    /// Ends the store: nobody waits any longer, the file is closed, the directory is free.
    pub(super) fn finish(&self, why: StoreError) {
        // The first reason stays.
        let _ = self.end.set(why);
        self.room.close();
        self.waiting.end();
        self.fates.end();
        drop(lock(&self.engine).take());
        self.arrived.notify_one();
    }

    /// Gives work to the writing thread.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(super) fn push(&self, add: impl FnOnce(&mut Work)) -> Result<(), StoreError> {
        if self.waiting.push(add) {
            Ok(())
        } else {
            Err(self.ended())
        }
    }

    pub(super) fn figures(&self) -> Figures {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let left = |all: u64, confirmed: &AtomicU64, deleted: &AtomicU64| {
            let deleted = count(deleted);
            all.saturating_sub(count(confirmed).saturating_sub(deleted))
        };
        // Under its lock, so that what is deleted is counted once.
        let level = lock(&self.level);
        let depth = left(level.records, &self.counts.confirmed, &self.counts.deleted);
        let counts = &self.counts;
        let bytes = left(level.bytes, &counts.confirmed_bytes, &counts.deleted_bytes);
        let level = *level;
        let oldest = level.oldest.map(time);
        Figures {
            accepted: count(&self.counts.accepted),
            confirmed: count(&self.counts.confirmed),
            buried: count(&self.counts.buried),
            commits: count(&self.counts.commits),
            depth,
            bytes,
            in_flight: count(&self.counts.in_flight),
            dead: level.dead_records,
            dead_bytes: level.dead_bytes,
            age: oldest
                .filter(|_| depth > 0)
                .map(|oldest| (self.clock)().duration_since(oldest).unwrap_or_default()),
        }
    }
}

/// A lock whose holder panicked guards values that are whole: every section under it is a few assignments.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
