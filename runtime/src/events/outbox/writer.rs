//! The one thread that writes: each commit carries all that waits, and answers it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::StoreError;
use super::engine::{Changes, Due, Engine, EngineError, Level, panicked};
use super::fate::Fate;
use super::record::Seq;
use super::shared::{Shared, lock};
use super::waiting::{Accept, Company, Work};

/// How often the thread looks for records whose time has passed, while there are any that have an end.
const SWEEP: Duration = Duration::from_secs(1);
/// Expired records moved in one commit.
const MOST_EXPIRED: usize = 1024;

/// Writes until the store is closed or a commit fails.
pub(super) fn run(shared: &Shared) {
    let ended = Ended(shared);
    let Ok(engine) = shared.engine() else { return };
    write(shared, &**engine);
    drop(engine);
    drop(ended);
}

/// Whatever ends the thread, a panic of the engine too, ends the store.
struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(panicked());
        } else {
            self.0.finish(StoreError::Closed);
        }
        self.0.finished.close();
    }
}

fn write(shared: &Shared, engine: &dyn Engine) {
    let mut company = Company::default();
    loop {
        let sweep = lock(&shared.level).expires.map(|_| SWEEP);
        let Some(work) = shared.waiting.take(sweep, company) else {
            return;
        };
        let closing = work.closing;
        let started = Instant::now();
        let expected = commit(shared, engine, work);
        company = Company::after(expected, started.elapsed());
        if closing {
            return;
        }
    }
}

/// Says how many are likely to come for the next commit.
fn commit(shared: &Shared, engine: &dyn Engine, work: Work) -> usize {
    let before = *lock(&shared.level);
    let due = match sweep(shared, engine, before) {
        Ok(due) => due,
        Err(error) => {
            // Before the work is dropped, so that who waits for it learns why.
            shared.fail(error);
            return 0;
        }
    };
    let Work {
        accepts,
        confirmed,
        confirmed_bytes,
        mut buried,
        reasons,
        discarded,
        marks,
        flushed,
        closing: _,
    } = work;
    buried.extend(due);
    let mut accepted = Vec::with_capacity(accepts.len());
    let mut answers = Vec::with_capacity(accepts.len());
    let mut number = before.next;
    for Accept {
        record,
        place,
        answer,
        fate,
    } in accepts
    {
        // Who dropped its future before the commit began was promised nothing.
        if !answer.is_closed() {
            shared.fates.expect(
                Seq {
                    lane: record.lane,
                    number,
                },
                fate,
            );
            number += 1;
            accepted.push(record);
            answers.push((place, answer));
        }
    }
    let (handled, marked): (Vec<_>, Vec<_>) =
        marks.into_iter().map(|mark| (mark.handled, mark.answer)).unzip();
    let mut changes = Changes {
        accepted,
        confirmed,
        buried,
        reasons,
        discarded,
        handled,
    };
    if !changes.is_empty() {
        let committed = catch_unwind(AssertUnwindSafe(|| engine.commit(&mut changes)));
        match committed.unwrap_or_else(|_| Err(panicked())) {
            Ok(after) => settle(shared, &changes, confirmed_bytes, before, after),
            Err(error) => {
                // As above; the answers are dropped with this function.
                shared.fail(error);
                return 0;
            }
        }
    }
    // Before anybody is answered and comes again.
    let expected = shared.waiting.count() + answers.len() + marked.len();
    for (place, answer) in answers {
        place.keep();
        // A future dropped during the commit: the record is stored all the same, and is relayed.
        let _ = answer.send(());
    }
    for told in marked.into_iter().chain(flushed) {
        // Nobody waits any longer.
        let _ = told.send(());
    }
    expected
}

/// The records whose time has passed and that nobody holds.
fn sweep(shared: &Shared, engine: &dyn Engine, level: Level) -> Result<Vec<Due>, EngineError> {
    let now = shared.now();
    match level.expires {
        Some(first) if first <= now => {
            let due = engine.due(now, MOST_EXPIRED)?;
            let mut lanes = lock(&shared.lanes);
            let claimed = lanes.claim(due, &mut lock(&shared.aside));
            // A line whose record is gone may go on with the next.
            shared.arrived.notify_one();
            Ok(claimed)
        }
        Some(_) | None => Ok(Vec::new()),
    }
}

/// Takes the commit into the figures, the room and the lanes.
fn settle(shared: &Shared, changes: &Changes, confirmed_bytes: u64, before: Level, after: Level) {
    let accepted = after.next - before.next;
    let new_bytes = changes
        .accepted
        .iter()
        .map(|record| count_bytes(record.len()))
        .sum::<u64>();
    let (records, bytes) = shared.room.used(&before);
    let (records_now, bytes_now) = shared.room.used(&after);
    {
        let mut level = lock(&shared.level);
        *level = after;
        shared.counts.delete(count(&changes.confirmed), confirmed_bytes);
    }
    shared
        .room
        .free(records + accepted - records_now, bytes + new_bytes - bytes_now);
    lock(&shared.lanes).left(&changes.buried);
    for due in &changes.buried {
        shared.fates.decide(due.seq, Fate::Dead);
    }
    shared.counts.accepted.fetch_add(accepted, Ordering::Relaxed);
    shared
        .counts
        .buried
        .fetch_add(count(&changes.buried), Ordering::Relaxed);
    shared.counts.commits.fetch_add(1, Ordering::Relaxed);
    if accepted > 0 {
        shared.arrived.notify_one();
    }
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

fn count_bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
