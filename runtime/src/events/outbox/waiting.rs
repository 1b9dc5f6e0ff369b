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

/// The longest that those are waited for who were answered by the last commit.
const MOST_PATIENCE: Duration = Duration::from_millis(5);

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
    pub(super) confirmed_bytes: u64,
    pub(super) buried: Vec<Due>,
    /// Why some of those are.
    pub(super) reasons: Vec<(Seq, Box<str>)>,
    pub(super) discarded: Vec<Seq>,
    pub(super) marks: Vec<Mark>,
    /// Told after the commit.
    pub(super) flushed: Vec<oneshot::Sender<()>>,
    /// The store is to end after this commit.
    pub(super) closing: bool,
}

/// Who is likely to come for the next commit: whoever was answered by the last one comes again, as a rule, and would miss
/// the next by a moment. Without it those who publish on and on fall into two halves, each of which waits for the other's sync.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Company {
    expected: usize,
    patience: Duration,
}

impl Company {
    /// After a commit that took so long, where so many were answered or waited already.
    pub(super) fn after(expected: usize, took: Duration) -> Self {
        Self {
            expected,
            patience: MOST_PATIENCE.min(took / 4),
        }
    }
}

impl Work {
    /// How many wait for an answer.
    fn waiting(&self) -> usize {
        self.accepts.len() + self.marks.len()
    }

    /// Whether nobody else is to be waited for.
    fn is_urgent(&self, enough: usize) -> bool {
        self.closing || !self.flushed.is_empty() || self.waiting() >= enough
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
    /// How many have to wait for an answer before the thread need hear of it; it hears of the first one in any case.
    enough: usize,
    ended: bool,
}

impl Waiting {
    /// Adds to the work; `false` after the end, when nobody would do it.
    pub(super) fn push(&self, add: impl FnOnce(&mut Work)) -> bool {
        let mut desk = self.lock();
        if desk.ended {
            return false;
        }
        let kinds = |work: &Work| (work.waiting() > 0, work.can_linger());
        let before = kinds(&desk.work);
        add(&mut desk.work);
        // A thread that waits for more of a kind need not hear of one more.
        let wake = kinds(&desk.work) != before || desk.work.is_urgent(desk.enough);
        drop(desk);
        if wake {
            self.arrived.notify_one();
        }
        true
    }

    /// How many wait for an answer.
    pub(super) fn count(&self) -> usize {
        self.lock().work.waiting()
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
    pub(super) fn take(&self, at_most: Option<Duration>, company: Company) -> Option<Work> {
        let started = Instant::now();
        let (mut lingering_since, mut gathering_since) = (None, None);
        let mut desk = self.lock();
        desk.enough = company.expected.max(1);
        while !desk.work.is_urgent(desk.enough) && !desk.ended {
            let left = |most: Duration, since: Instant| most.saturating_sub(since.elapsed());
            if desk.work.can_linger() {
                lingering_since.get_or_insert_with(Instant::now);
            }
            if desk.work.waiting() > 0 {
                gathering_since.get_or_insert_with(Instant::now);
            }
            let linger = lingering_since.map(|since| left(LINGER, since));
            let gather = gathering_since.map(|since| left(company.patience, since));
            let idle = at_most.map(|most| left(most, started));
            desk = match [linger, gather, idle].into_iter().flatten().min() {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn push(waiting: &Waiting) {
        let handled = Handled {
            label: "shipping".into(),
            event: String::new(),
            most: 1,
        };
        let answer = oneshot::channel().0;
        assert!(waiting.push(|work| work.marks.push(Mark { handled, answer })));
    }

    fn taken(waiting: &Waiting, company: Company) -> usize {
        waiting.take(None, company).expect("it has not ended").waiting()
    }

    /// With a patience without end, so that whoever is waited for and does not come is a test that hangs.
    fn expecting(expected: usize) -> Company {
        let patience = Duration::MAX;
        Company { expected, patience }
    }

    #[test]
    fn those_who_were_answered_are_waited_for_and_nobody_else() {
        let waiting = Waiting::default();
        push(&waiting);
        assert_eq!(taken(&waiting, Company::default()), 1);
        push(&waiting);
        assert_eq!(taken(&waiting, expecting(1)), 1);
        std::thread::scope(|scope| {
            push(&waiting);
            scope.spawn(|| (0..3).for_each(|_| push(&waiting)));
            assert_eq!(taken(&waiting, expecting(4)), 4);
        });
    }

    #[test]
    fn patience_has_an_end() {
        let waiting = Waiting::default();
        push(&waiting);
        assert_eq!(taken(&waiting, Company::after(2, Duration::from_millis(1))), 1);
        assert_eq!(Company::after(2, Duration::MAX).patience, MOST_PATIENCE);
    }
}
