//! What the outbox asks of whatever keeps its bytes. One implementation is real (`disk`), others are for tests.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::record::{Encoded, Lane, Seq, Stored};

/// Keeps records, and is asked to write from one thread only.
pub(super) trait Engine: Send + Sync + 'static {
    /// Makes all of these changes or none, and returns once they would survive a power cut.
    ///
    /// # Errors
    /// What is on disk is then uncertain: the engine is not written to again.
    fn commit(&self, changes: &mut Changes) -> Result<Level, EngineError>;

    /// The records of a lane from this number on, in order, and as many as a chunk has.
    fn read(&self, lane: Lane, from: u64) -> Result<Chunk, EngineError>;

    /// The records whose time has passed, at most so many.
    fn due(&self, now: u64, most: usize) -> Result<Vec<Due>, EngineError>;

    /// The dead records after this one, in order, at most so many.
    fn dead(&self, after: Option<Seq>, most: usize) -> Result<Vec<Stored>, EngineError>;

    /// What a subscription has handled, the oldest first.
    fn handled(&self, label: &str) -> Result<Vec<String>, EngineError>;
}

/// An engine that is in use. Its file is closed with the last who uses it, and then those are told who wait for that.
pub(super) struct InUse {
    // In the order of their end.
    engine: Arc<dyn Engine>,
    _vacating: Vacating,
}

struct Vacating(Arc<Semaphore>);

impl InUse {
    /// `vacated` is closed at the end.
    pub(super) fn new(engine: Arc<dyn Engine>, vacated: &Arc<Semaphore>) -> Self {
        Self {
            engine,
            _vacating: Vacating(Arc::clone(vacated)),
        }
    }
}

impl Deref for InUse {
    type Target = dyn Engine;

    fn deref(&self) -> &Self::Target {
        &*self.engine
    }
}

impl Drop for Vacating {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Records that are read together, and whether they are the last of their lane.
pub(super) struct Chunk {
    pub(super) records: Vec<Stored>,
    pub(super) is_last: bool,
}

impl Chunk {
    /// So many records, and no more once they have so many bytes.
    pub(super) const RECORDS: usize = 32;
    pub(super) const BYTES: usize = 1024 * 1024;
}

/// One commit's worth of work.
#[derive(Default)]
pub(super) struct Changes {
    /// To be inserted under the next numbers, in this order.
    pub(super) accepted: Vec<Encoded>,
    /// To be deleted, since the broker has them.
    pub(super) confirmed: Vec<Seq>,
    /// To be moved to the dead, where they are still there: expired, or refused for good.
    pub(super) buried: Vec<Due>,
    /// Why some of those were refused for good.
    pub(super) reasons: Vec<(Seq, Box<str>)>,
    /// Dead records to be deleted, where they are still there.
    pub(super) discarded: Vec<Seq>,
    /// To be remembered, in this order.
    pub(super) handled: Vec<Handled>,
}

/// An event that a subscription has handled.
#[derive(Debug)]
pub(super) struct Handled {
    pub(super) label: Box<str>,
    pub(super) event: String,
    /// How many the subscription remembers.
    pub(super) most: u64,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.accepted.is_empty()
            && self.confirmed.is_empty()
            && self.buried.is_empty()
            && self.discarded.is_empty()
            && self.handled.is_empty()
    }
}

/// A record and its end in milliseconds since the epoch; 0 where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Due {
    pub(super) at: u64,
    pub(super) seq: Seq,
}

/// How full the store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    /// The number that the next record gets.
    pub(super) next: u64,
    /// Records that wait for a confirm.
    pub(super) records: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Records that expired or were refused for good.
    pub(super) dead_records: u64,
    /// Their bytes.
    pub(super) dead_bytes: u64,
    /// When the oldest waiting record was accepted, in milliseconds since the epoch.
    pub(super) oldest: Option<u64>,
    /// When the next record expires, in milliseconds since the epoch.
    pub(super) expires: Option<u64>,
}

/// Why an engine could not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EngineError {
    /// The system refused: full, read-only, gone.
    Io(String),
    /// What was read is not what was written.
    Damaged(String),
}

impl EngineError {
    pub(super) fn into_reason(self) -> String {
        match self {
            Self::Io(reason) | Self::Damaged(reason) => reason,
        }
    }
}

/// Of an engine that panicked: on a file that another program changed, or on a mistake of its own.
pub(super) fn panicked() -> EngineError {
    EngineError::Damaged("the engine panicked".into())
}
