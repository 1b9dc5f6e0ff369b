//! The engine on disk: redb, known to this folder only.

mod handled;
mod open;
mod reasons;
mod tables;

use std::sync::Mutex;

use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

use super::directory::Directory;
use super::engine::{Changes, Chunk, Due, Engine, EngineError, Level};
use super::mark::Mark;
use super::record::{Lane, Seq, Stored, decode, expiry};
use tables::{DEAD, EXPIRY, Key, PENDING, Standing, key, seq_of};

#[cfg(test)]
pub(super) use open::FILE;
pub(super) use open::open;

/// A store's file and the mark beside it.
pub(super) struct Disk {
    database: Database,
    progress: Mutex<Progress>,
    /// Dropped last: whoever gets the directory finds the file closed.
    _directory: Directory,
}

/// What the writing thread carries from commit to commit.
struct Progress {
    standing: Standing,
    mark: Mark,
}

impl Engine for Disk {
    fn commit(&self, changes: &mut Changes) -> Result<Level, EngineError> {
        let mut progress = self.progress.lock().map_err(|_| broken("a commit panicked"))?;
        let mut standing = progress.standing;
        let transaction = self.database.begin_write().map_err(io)?;
        let level = write(&transaction, changes, &mut standing)?;
        transaction.commit().map_err(io)?;
        progress.mark.write(standing.commits).map_err(io)?;
        progress.standing = standing;
        Ok(level)
    }

    fn read(&self, lane: Lane, from: u64) -> Result<Chunk, EngineError> {
        let transaction = self.database.begin_read().map_err(io)?;
        let pending = transaction.open_table(PENDING).map_err(io)?;
        let lane = lane.index();
        let range = pending.range((lane, from)..=(lane, u64::MAX)).map_err(io)?;
        let (mut records, mut bytes) = (Vec::new(), 0);
        for entry in range {
            if records.len() == Chunk::RECORDS || bytes >= Chunk::BYTES {
                let is_last = false;
                return Ok(Chunk { records, is_last });
            }
            let (key, value) = entry.map_err(io)?;
            bytes += value.value().len();
            records.push(stored(key.value(), value.value())?);
        }
        let is_last = true;
        Ok(Chunk { records, is_last })
    }

    fn due(&self, now: u64, most: usize) -> Result<Vec<Due>, EngineError> {
        let transaction = self.database.begin_read().map_err(io)?;
        let expiry = transaction.open_table(EXPIRY).map_err(io)?;
        let range = expiry.range(..=(now, u8::MAX, u64::MAX)).map_err(io)?;
        range
            .take(most)
            .map(|entry| due(entry.map_err(io)?.0.value()))
            .collect()
    }

    fn dead(&self, after: Option<Seq>, most: usize) -> Result<Vec<Stored>, EngineError> {
        let transaction = self.database.begin_read().map_err(io)?;
        let dead = transaction.open_table(DEAD).map_err(io)?;
        let from = after.map_or((0, 0), |seq| (seq.lane.index(), seq.number + 1));
        let range = dead.range(from..).map_err(io)?;
        let stored = range.take(most).map(|entry| {
            let (key, value) = entry.map_err(io)?;
            stored(key.value(), value.value())
        });
        let mut dead: Vec<Stored> = stored.collect::<Result<_, EngineError>>()?;
        reasons::tell(&transaction, &mut dead)?;
        Ok(dead)
    }

    fn handled(&self, label: &str) -> Result<Vec<String>, EngineError> {
        handled::read(&self.database.begin_read().map_err(io)?, label)
    }
}

/// All changes inside one transaction, and how full the store is after them.
fn write(
    transaction: &WriteTransaction,
    changes: &mut Changes,
    standing: &mut Standing,
) -> Result<Level, EngineError> {
    let mut pending = transaction.open_table(PENDING).map_err(io)?;
    let mut expiry_of = transaction.open_table(EXPIRY).map_err(io)?;
    let mut dead = transaction.open_table(DEAD).map_err(io)?;

    for record in &mut changes.accepted {
        let seq = Seq {
            lane: record.lane,
            number: standing.next,
        };
        standing.next += 1;
        if let Some(at) = record.expires_at {
            let (lane, number) = key(seq);
            expiry_of.insert((at, lane, number), ()).map_err(io)?;
        }
        let bytes = record.seal(seq);
        pending.insert(key(seq), bytes).map_err(io)?;
        standing.pending.add(bytes.len());
    }
    for seq in &changes.confirmed {
        let Some(gone) = pending.remove(key(*seq)).map_err(io)? else {
            continue;
        };
        standing.pending.subtract(gone.value().len());
        if let Some(at) = expiry(gone.value()) {
            let (lane, number) = key(*seq);
            expiry_of.remove((at, lane, number)).map_err(io)?;
        }
    }
    for due in &changes.buried {
        let (lane, number) = key(due.seq);
        expiry_of.remove((due.at, lane, number)).map_err(io)?;
        let Some(gone) = pending.remove(key(due.seq)).map_err(io)? else {
            continue;
        };
        standing.pending.subtract(gone.value().len());
        standing.dead.add(gone.value().len());
        dead.insert(key(due.seq), gone.value()).map_err(io)?;
    }
    for seq in &changes.discarded {
        let Some(gone) = dead.remove(key(*seq)).map_err(io)? else {
            continue;
        };
        standing.dead.subtract(gone.value().len());
    }
    reasons::write(transaction, changes)?;
    handled::write(transaction, &changes.handled)?;
    standing.commits += 1;
    standing.write(transaction)?;
    level(&pending, &expiry_of, standing)
}

/// How full the store is, from tables of one transaction.
fn level(
    pending: &impl ReadableTable<Key, &'static [u8]>,
    expiry_of: &impl ReadableTable<(u64, u8, u64), ()>,
    standing: &Standing,
) -> Result<Level, EngineError> {
    let mut oldest = None;
    for lane in Lane::ALL {
        let lane = lane.index();
        let mut range = pending.range((lane, 0)..=(lane, u64::MAX)).map_err(io)?;
        let Some(first) = range.next() else { continue };
        let (key, value) = first.map_err(io)?;
        let accepted = super::record::accepted(value.value())
            .ok_or_else(|| broken(format!("record {:?} is cut short", key.value())))?;
        oldest = Some(oldest.map_or(accepted, |oldest: u64| oldest.min(accepted)));
    }
    let expires = expiry_of.first().map_err(io)?.map(|(key, _)| key.value().0);
    Ok(Level {
        next: standing.next,
        records: standing.pending.records,
        bytes: standing.pending.bytes,
        dead_records: standing.dead.records,
        dead_bytes: standing.dead.bytes,
        oldest,
        expires,
    })
}

fn stored((lane, number): (u8, u64), bytes: &[u8]) -> Result<Stored, EngineError> {
    decode(seq_of(lane, number)?, bytes).map_err(EngineError::Damaged)
}

fn due((at, lane, number): (u64, u8, u64)) -> Result<Due, EngineError> {
    Ok(Due {
        at,
        seq: seq_of(lane, number)?,
    })
}

/// redb's errors say enough for a person and nothing that we would act on.
fn io(error: impl std::fmt::Display) -> EngineError {
    EngineError::Io(error.to_string())
}

fn broken(reason: impl Into<String>) -> EngineError {
    EngineError::Damaged(reason.into())
}
