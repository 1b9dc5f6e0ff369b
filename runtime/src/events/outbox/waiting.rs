//! What waits for the next commit. Pushed from async code under a short lock, taken whole by the writing thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::engine::{Due, Handled};
use super::fate::Fate;
use super::record::{Encoded, Seq};
use super::room::Place;

/// How long confirms wait for company: a commit of their own costs a sync, and losing them costs duplicates only.
const LINGER: Duration = Duration::from_millis(20);

/// A record, and who waits for it.
pub(super) struct Accept {
    pub(super) record: Encoded,
    pub(super) place: Place,
    pub(super) answer: oneshot::Sender<()>,
    pub(super) fate: watch::Sender<Fate>,
}

/// That an event was handled, and who waits for it to be on disk.
pub(super) struct Mark {
    pub(super) handled: Handled,
    pub(super) answer: oneshot::Sender<()>,
}

/// Everything that arrived since the last commit.
#[derive(Default)]
pub(super) struct Work {
    pub(super) accepts: Vec<Accept>,
    pub(super) confirmed: Vec<Seq>,
    pub(super) buried: Vec<Due>,
    pub(super) discarded: Vec<Seq>,
    pub(super) marks: Vec<Mark>,
    /// Told after the commit.
    pub(super) flushed: Vec<oneshot::Sender<()>>,
    /// The store is to end after this commit.
    pub(super) closing: bool,
}

impl Work {
    fn is_urgent(&self) -> bool {
        self.closing || !(self.accepts.is_empty() && self.marks.is_empty() && self.flushed.is_empty())
    }

    fn can_linger(&self) -> bool {
        !(self.confirmed.is_empty() && self.buried.is_empty() && self.discarded.is_empty())
    }
}

/// The work between the callers and the thread.
#[derive(Default)]
pub(super) struct Waiting {
    desk: Mutex<Desk>,
    arrived: Condvar,
}

#[derive(Default)]
struct Desk {
    work: Work,
    ended: bool,
}

impl Waiting {
    /// Adds to the work; `false` after the end, when nobody would do it.
    pub(super) fn push(&self, add: impl FnOnce(&mut Work)) -> bool {
        let mut desk = self.lock();
        if desk.ended {
            return false;
        }
        let was_empty = !desk.work.can_linger();
        add(&mut desk.work);
        // A thread that lingers over confirms need not hear of one more.
        let wake = was_empty || desk.work.is_urgent();
        drop(desk);
        if wake {
            self.arrived.notify_one();
        }
        true
    }

    /// Ends the work: what is left is dropped, which answers who waits for it.
    pub(super) fn end(&self) {
        let mut desk = self.lock();
        desk.ended = true;
        let left = std::mem::take(&mut desk.work);
        drop(desk);
        drop(left);
        self.arrived.notify_one();
    }

    /// Waits for work, at most so long where that is said, and takes all of it; `None` after the end.
    pub(super) fn take(&self, at_most: Option<Duration>) -> Option<Work> {
        let started = Instant::now();
        let mut lingering_since = None;
        let mut desk = self.lock();
        while !desk.work.is_urgent() && !desk.ended {
            if desk.work.can_linger() {
                lingering_since.get_or_insert_with(Instant::now);
            }
            let linger = lingering_since.map(|since: Instant| LINGER.saturating_sub(since.elapsed()));
            let idle = at_most.map(|most| most.saturating_sub(started.elapsed()));
            desk = match [linger, idle].into_iter().flatten().min() {
                Some(Duration::ZERO) => break,
                Some(wait) => {
                    self.arrived
                        .wait_timeout(desk, wait)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self.arrived.wait(desk).unwrap_or_else(PoisonError::into_inner),
            };
        }
        (!desk.ended).then(|| std::mem::take(&mut desk.work))
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
