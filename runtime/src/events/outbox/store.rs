//! The handle of an open outbox.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::SystemTime;

use redb::StorageBackend;
use redb::backends::FileBackend;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task;
use tokio::time::{Instant, timeout_at};

use super::directory::{Directory, unusable};
use super::engine::{Engine, EngineError, Handled, InUse, Level, panicked};
use super::entry::Entry;
#[cfg(test)]
use super::entry::Kept;
use super::fate::Fates;
use super::health::Health;
use super::lanes::{Handed, Lanes};
use super::record::{Encoded, Record, Seq, Stored};
use super::room::{Bounds, Room};
use super::shared::{Clock, Counts, Figures, Shared, lock};
use super::taken::Taken;
use super::waiting::{Mark, Waiting};
use super::{StoreError, disk, writer};

/// Events on disk until the broker has them.
///
/// What [`Store::accept`] returned survives a killed process and a power cut, and is handed out by [`Store::take`]
/// until it is confirmed: at least once, never silently not at all. A clone is the same store. The last one dropped, it
/// commits what it was told and frees its directory soon after; [`Store::close`] waits for that.
#[derive(Clone)]
pub(crate) struct Store {
    shared: Arc<Shared>,
    _open: Arc<Open>,
}

/// Ends the store with its last handle; the records that were taken do not keep it open.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.waiting.push(|work| work.closing = true);
    }
}

impl Store {
    /// Opens the outbox of a directory, or creates it, and reads every record in it once: 256 MiB take about a second.
    /// Blocks; for the building of a client.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another store has the directory, [`StoreError::Damaged`] where anything in it was
    /// changed, [`StoreError::Unusable`] where the system refuses.
    pub(crate) fn open(directory: &Path, bounds: Bounds) -> Result<Self, StoreError> {
        Self::open_with(directory, bounds, Arc::new(SystemTime::now), |file| file)
    }

    pub(super) fn open_with<B: StorageBackend>(
        directory: &Path,
        bounds: Bounds,
        clock: Clock,
        wrap: impl FnOnce(FileBackend) -> B,
    ) -> Result<Self, StoreError> {
        let (disk, level) = disk::open(Directory::lock(directory)?, wrap)?;
        Self::over(Arc::new(disk), level, directory, bounds, clock)
    }

    /// A store over any engine.
    pub(super) fn over(
        engine: Arc<dyn Engine>,
        level: Level,
        directory: &Path,
        bounds: Bounds,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let vacated = Arc::new(Semaphore::new(0));
        let shared = Arc::new(Shared {
            directory: directory.to_owned(),
            clock,
            waiting: Waiting::default(),
            room: Room::new(bounds, &level),
            lanes: Mutex::new(Lanes::default()),
            returned: Mutex::default(),
            aside: Mutex::default(),
            arrived: Notify::new(),
            fates: Fates::default(),
            counts: Counts::default(),
            engine: Mutex::new(Some(Arc::new(InUse::new(engine, &vacated)))),
            level: Mutex::new(level),
            end: OnceLock::new(),
            finished: Semaphore::new(0),
            vacated,
        });
        let writing = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("trunkline-outbox".into())
            .spawn(move || writer::run(&writing))
            .map_err(|error| unusable(directory, &error))?;
        let open = Arc::new(Open(Arc::clone(&shared)));
        Ok(Self { shared, _open: open })
    }

    /// Puts a record on disk: [`Store::enter`], then [`Entry::write`].
    ///
    /// # Errors
    /// As theirs.
    #[cfg(test)]
    pub(crate) async fn accept(&self, record: Record) -> Result<Kept, StoreError> {
        self.enter(record).await?.write().await
    }

    /// Waits for room for this record, behind all who came before; bound the wait by dropping the future, which leaves
    /// nothing behind.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], or why the store has ended.
    pub(crate) async fn enter(&self, record: Record) -> Result<Entry, StoreError> {
        let Some(encoded) = Encoded::new(&record, (self.shared.clock)()) else {
            let length = record.id.len().max(record.name.len());
            return Err(StoreError::TooLarge {
                length,
                bound: usize::from(u16::MAX),
            });
        };
        drop(record);
        let ended = || self.shared.ended();
        let place = self.shared.room.take(encoded.len(), ended).await?;
        Ok(Entry {
            shared: Arc::clone(&self.shared),
            record: encoded,
            place,
        })
    }

    /// Up to so many records that nobody holds and whose time has come, in the relay's order; none where there are none.
    /// Dropped, it leaves them where they are.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(crate) async fn take(&self, most: usize) -> Result<Vec<Taken>, StoreError> {
        let now = Instant::now();
        self.read(move |shared, engine| take(shared, engine, most, now))
            .await
    }

    /// Returns when there may be something to take, for one relay that has taken until there was nothing; at once where
    /// the store has ended.
    pub(crate) async fn arrived(&self) {
        if self.shared.end.get().is_some() {
            return;
        }
        let due = lock(&self.shared.aside).due();
        let arrived = self.shared.arrived.notified();
        match due {
            // Either end is a reason to look again.
            Some(due) => drop(timeout_at(due, arrived).await),
            None => arrived.await,
        }
    }

    /// The records that expired, oldest of the highest lane first, after this one.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(crate) async fn dead(&self, after: Option<Seq>, most: usize) -> Result<Vec<Stored>, StoreError> {
        self.read(move |_, engine| engine.dead(after, most)).await
    }

    /// The number that the next record gets: those that are there have lower ones.
    pub(crate) fn next(&self) -> u64 {
        lock(&self.shared.level).next
    }

    /// Whether there are more dead records than have room of their own.
    pub(crate) fn is_crowded(&self) -> bool {
        let level = *lock(&self.shared.level);
        self.shared.room.used(&level) != (level.records, level.bytes)
    }

    /// Deletes an expired record, which makes room. Returns before it is gone.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(crate) fn discard(&self, seq: Seq) -> Result<(), StoreError> {
        self.shared.push(|work| work.discarded.push(seq))
    }

    /// Remembers that a subscription has handled an event, the latest so many of them; returns when that is on disk.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(crate) async fn mark(&self, label: &str, event: String, most: usize) -> Result<(), StoreError> {
        let (answer, stored) = oneshot::channel();
        let handled = Handled {
            label: label.into(),
            event,
            most: u64::try_from(most).unwrap_or(u64::MAX),
        };
        self.shared
            .push(|work| work.marks.push(Mark { handled, answer }))?;
        stored.await.map_err(|_| self.shared.ended())
    }

    /// What a subscription has handled, the oldest first.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(crate) async fn handled(&self, label: &str) -> Result<Vec<String>, StoreError> {
        let label = label.to_owned();
        self.read(move |_, engine| engine.handled(&label)).await
    }

    /// Returns when everything that was confirmed before is off the disk.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        let (flushed, done) = oneshot::channel();
        self.shared.push(|work| work.flushed.push(flushed))?;
        done.await.map_err(|_| self.shared.ended())
    }

    /// Why nothing more can be accepted, once that is so.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.shared.end.get().cloned()
    }

    /// Whether it takes events, for whoever looks.
    pub(crate) fn health(&self) -> Health {
        Health::new(&self.shared)
    }

    /// How full it is and what happened since it was opened.
    pub(crate) fn figures(&self) -> Figures {
        self.shared.figures()
    }

    /// Commits what was confirmed, closes the file and frees the directory. What is still taken is relayed again by the
    /// next store.
    pub(crate) async fn close(&self) {
        self.shared.waiting.push(|work| work.closing = true);
        // It has no permits: this returns when the last who reads or writes is done.
        let _ = self.shared.vacated.acquire().await;
    }

    /// Reads on a thread that may block. A store that cannot be read ends.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Arc<Shared>, &dyn Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let engine = self.shared.engine()?;
        let shared = Arc::clone(&self.shared);
        match task::spawn_blocking(move || read(&shared, &**engine)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(self.shared.fail(error)),
            Err(ended) if ended.is_panic() => Err(self.shared.fail(panicked())),
            // The runtime shuts down.
            Err(_) => Err(StoreError::Closed),
        }
    }
}

fn take(
    shared: &Arc<Shared>,
    engine: &dyn Engine,
    most: usize,
    now: Instant,
) -> Result<Vec<Taken>, EngineError> {
    let mut lanes = lock(&shared.lanes);
    let returned = std::mem::take(&mut *lock(&shared.returned));
    let due = lock(&shared.aside).release(now);
    for seq in returned.into_iter().chain(due) {
        lanes.give_back(seq);
    }
    let Handed { records, expired } = lanes.take(engine, most, shared.now())?;
    drop(lanes);
    for due in &expired {
        lock(&shared.aside).forget(due.seq);
    }
    if !expired.is_empty() {
        // After the end of the store they expire again in the next.
        let _ = shared.push(|work| work.buried.extend(expired));
    }
    Ok(records
        .into_iter()
        .map(|stored| Taken::new(stored, shared))
        .collect())
}
