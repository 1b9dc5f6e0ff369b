//! Which record next? The highest lane first, one slot in eight for the oldest of the rest, in order within a lane.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::aside::Aside;
use super::engine::{Chunk, Due, Engine, EngineError};
use super::record::{Lane, Seq, Stored, millis};

/// Of so many slots, one is for the lanes below the highest.
const SLOTS: u8 = 8;
/// The bytes with which no more are handed out at a time.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What was handed out and what was not, in a few numbers: the records themselves stay on disk.
#[derive(Default)]
pub(super) struct Lanes {
    /// By lane: all numbers below were handed out.
    next: [u64; Lane::ALL.len()],
    /// Handed out and given back.
    returned: BTreeSet<Seq>,
    /// On their way to the dead.
    leaving: HashSet<Seq>,
    slot: u8,
}

/// What to relay, and what there is no use in relaying.
#[derive(Default)]
pub(super) struct Handed {
    pub(super) records: Vec<Stored>,
    pub(super) expired: Vec<Due>,
}

impl Lanes {
    /// Hands out up to so many records, fewer where they are large, each to one caller until it is given back.
    pub(super) fn take(&mut self, engine: &dyn Engine, most: usize, now: u64) -> Result<Handed, EngineError> {
        let mut ahead = Ahead::default();
        let (mut handed, mut bytes) = (Handed::default(), 0);
        while handed.records.len() < most && bytes < MOST_BYTES {
            let Some(lane) = self.choose(engine, &mut ahead)? else {
                break;
            };
            let Some(stored) = ahead.queues[place(lane)].pop_front() else {
                break;
            };
            self.hand_out(stored.seq);
            match stored.record.expires_at.map(millis) {
                Some(at) if at <= now => handed.expired.push(Due { at, seq: stored.seq }),
                Some(_) | None => {
                    bytes += stored.record.bytes.len();
                    handed.records.push(stored);
                    self.slot = (self.slot + 1) % SLOTS;
                }
            }
        }
        Ok(handed)
    }

    /// A record that was not relayed is the next of its lane again.
    pub(super) fn give_back(&mut self, seq: Seq) {
        self.returned.insert(seq);
    }

    /// Keeps back those of the expired that nobody holds; the rest are decided when they come back.
    pub(super) fn claim(&mut self, mut due: Vec<Due>, aside: &mut Aside) -> Vec<Due> {
        due.retain(|due| self.is_here(due.seq) || aside.withdraw(due.seq));
        for due in &due {
            aside.forget(due.seq);
            self.returned.remove(&due.seq);
            self.leaving.insert(due.seq);
        }
        due
    }

    /// The expired are gone from the disk.
    pub(super) fn left(&mut self, expired: &[Due]) {
        for due in expired {
            self.leaving.remove(&due.seq);
        }
    }

    fn choose(&self, engine: &dyn Engine, ahead: &mut Ahead) -> Result<Option<Lane>, EngineError> {
        let mut lanes = Lane::ALL.into_iter();
        let highest = loop {
            let Some(lane) = lanes.next() else { return Ok(None) };
            if ahead.first(self, engine, lane)?.is_some() {
                break lane;
            }
        };
        if self.slot + 1 < SLOTS {
            return Ok(Some(highest));
        }
        let mut oldest: Option<Seq> = None;
        for lane in lanes {
            let first = ahead.first(self, engine, lane)?;
            oldest = [oldest, first].into_iter().flatten().min_by_key(|seq| seq.number);
        }
        Ok(Some(oldest.map_or(highest, |seq| seq.lane)))
    }

    fn hand_out(&mut self, seq: Seq) {
        let next = &mut self.next[place(seq.lane)];
        *next = (*next).max(seq.number + 1);
        self.returned.remove(&seq);
    }

    fn is_here(&self, seq: Seq) -> bool {
        let fresh = seq.number >= self.next[place(seq.lane)];
        (fresh || self.returned.contains(&seq)) && !self.leaving.contains(&seq)
    }

    /// The first number from this one on that may be here.
    fn first_from(&self, lane: Lane, from: u64) -> u64 {
        let fresh = from.max(self.next[place(lane)]);
        let mut returned = self.returned.range(Seq { lane, number: from }..);
        match returned.next() {
            Some(seq) if seq.lane == lane => fresh.min(seq.number),
            Some(_) | None => fresh,
        }
    }
}

/// The heads of the lanes, read as far as one `take` needs them.
#[derive(Default)]
struct Ahead {
    queues: [VecDeque<Stored>; Lane::ALL.len()],
    from: [u64; Lane::ALL.len()],
    ended: [bool; Lane::ALL.len()],
}

impl Ahead {
    /// The next record of a lane that nobody holds.
    fn first(&mut self, lanes: &Lanes, engine: &dyn Engine, lane: Lane) -> Result<Option<Seq>, EngineError> {
        let place = place(lane);
        while self.queues[place].is_empty() && !self.ended[place] {
            let from = lanes.first_from(lane, self.from[place]);
            let Chunk { records, is_last } = engine.read(lane, from)?;
            self.ended[place] = is_last;
            self.from[place] = records.last().map_or(from, |last| last.seq.number + 1);
            self.queues[place].extend(records.into_iter().filter(|stored| lanes.is_here(stored.seq)));
        }
        Ok(self.queues[place].front().map(|stored| stored.seq))
    }
}

fn place(lane: Lane) -> usize {
    usize::from(lane.index())
}
