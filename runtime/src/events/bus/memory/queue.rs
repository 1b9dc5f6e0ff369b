//! One queue with its lanes, its retries and its dead letters.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::super::lanes::Lanes;
use super::super::{Nack, QueueFigures, Shelved};
use super::Bounds;
use super::shelf::Shelf;
use crate::events::Priority;
use crate::events::letter;
use crate::events::wire::Wire;

/// An event in a queue.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) wire: Arc<Wire>,
    priority: Priority,
    since: Instant,
    weight: usize,
    /// The place among all that came to this queue.
    place: u64,
}

/// What there is to take.
pub(super) enum Taken {
    Entry(Entry),
    /// Nothing before the next retry is due.
    Until(Instant),
    Nothing,
}

/// The retries that wait for one step of a ladder: what comes first is due first.
struct Step {
    delay: Duration,
    entries: VecDeque<(Instant, Entry)>,
}

#[derive(Default)]
pub(super) struct Queue {
    ready: Lanes<Entry>,
    /// One queue for each of the few steps of a ladder, the shorter ones first.
    waiting: Vec<Step>,
    dead: Shelf<Entry>,
    /// Events that are ready, in hand or waiting, and their bytes.
    held: usize,
    bytes: usize,
    in_hand: usize,
    /// How many came so far.
    places: u64,
    /// What a subscriber waits for that has found nothing.
    arrived: Arc<Notify>,
    /// Somebody was called and has not looked yet. One is enough: who takes an event calls the next while there are more.
    is_called: bool,
}

impl Entry {
    pub(super) fn new(wire: Arc<Wire>, priority: Priority, since: Instant) -> Self {
        let weight = wire.weight();
        Self {
            wire,
            priority,
            since,
            weight,
            place: 0,
        }
    }

    fn with(&self, wire: &Arc<Wire>) -> Self {
        Self::new(Arc::clone(wire), self.priority, self.since)
    }
}

impl Step {
    /// When the next of its retries is due.
    fn due(&self) -> Option<Instant> {
        self.entries.front().map(|(due, _)| *due)
    }
}

impl Queue {
    /// What a subscriber waits for.
    pub(super) fn arrived(&self) -> Arc<Notify> {
        Arc::clone(&self.arrived)
    }

    pub(super) fn check_room(&self, weight: usize, bounds: Bounds) -> Result<(), Nack> {
        if self.held < bounds.events && self.bytes.saturating_add(weight) <= bounds.bytes {
            return Ok(());
        }
        let (events, bytes) = (self.held, self.bytes);
        Err(Nack::temporary(format!(
            "a queue is full: {events} events of {bytes} bytes"
        )))
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.held += 1;
        self.bytes += entry.weight;
        self.make_ready(entry);
    }

    fn make_ready(&mut self, mut entry: Entry) {
        self.places += 1;
        entry.place = self.places;
        self.ready.push(entry.priority, entry);
        self.call();
    }

    /// Has one who waits look again.
    pub(super) fn call(&mut self) {
        if !self.is_called {
            self.is_called = true;
            self.arrived.notify_one();
        }
    }

    /// [`take`](Self::take), by one that will wait for the next call if there is nothing, and may have had the last one.
    pub(super) fn look(&mut self) -> Taken {
        self.is_called = false;
        self.take()
    }

    pub(super) fn take(&mut self) -> Taken {
        let next = self.wake();
        match (self.ready.pop(), next) {
            (Some(entry), next) => {
                self.in_hand += 1;
                // Also for what is not due yet: who takes this one is no longer there to see it.
                if self.ready.len() > 0 || next.is_some() {
                    self.call();
                }
                Taken::Entry(entry)
            }
            (None, Some(due)) => Taken::Until(due),
            (None, None) => Taken::Nothing,
        }
    }

    /// Makes ready what is due; says when the next one is.
    fn wake(&mut self) -> Option<Instant> {
        if self.waiting.is_empty() {
            return None;
        }
        let now = Instant::now();
        loop {
            let steps = self
                .waiting
                .iter_mut()
                .filter_map(|step| Some((step.due()?, step)));
            // Of several that are due at once, that of the shorter step.
            let (due, step) = steps.min_by_key(|(due, _)| *due)?;
            if due > now {
                return Some(due);
            }
            let (_, entry) = step.entries.pop_front()?;
            self.waiting.retain(|step| !step.entries.is_empty());
            self.make_ready(entry);
        }
    }

    /// Where an event waits for so long.
    fn step(&mut self, delay: Duration) -> &mut Step {
        let place = self.waiting.partition_point(|step| step.delay < delay);
        if self.waiting.get(place).is_none_or(|step| step.delay != delay) {
            let entries = VecDeque::new();
            self.waiting.insert(place, Step { delay, entries });
        }
        &mut self.waiting[place]
    }

    /// Puts back what was taken and not settled, where it was.
    pub(super) fn give_back(&mut self, entry: Entry) {
        self.in_hand -= 1;
        let place = entry.place;
        self.ready
            .put_back(entry.priority, entry, |other| other.place < place);
        self.call();
    }

    pub(super) fn ack(&mut self, entry: &Entry) {
        self.in_hand -= 1;
        self.held -= 1;
        self.bytes -= entry.weight;
    }

    /// Not refused in a full queue: what is tried again was in the queue before.
    pub(super) fn retry(&mut self, entry: &Entry, copy: &Arc<Wire>, after: Duration) {
        self.ack(entry);
        let copy = entry.with(copy);
        self.held += 1;
        self.bytes += copy.weight;
        let due = Instant::now() + after;
        self.step(after).entries.push_back((due, copy));
        // One that waits for a later retry, or for none, is to look again.
        self.call();
    }

    pub(super) fn bury(&mut self, entry: &Entry, copy: &Arc<Wire>, bounds: Bounds) -> Result<(), Nack> {
        self.shelve(entry.with(copy), bounds)?;
        self.ack(entry);
        Ok(())
    }

    /// Adds a dead letter that this queue never held.
    pub(super) fn shelve(&mut self, dead: Entry, bounds: Bounds) -> Result<(), Nack> {
        if !self.dead.has_room(dead.weight, bounds) {
            let (events, bytes) = (self.dead.len(), self.dead.bytes());
            return Err(Nack::temporary(format!(
                "there are {events} dead letters of {bytes} bytes, and no room for more"
            )));
        }
        self.dead.push(dead, SystemTime::now());
        Ok(())
    }

    pub(super) fn dead(&self, most: usize) -> Vec<Shelved> {
        self.dead.list(most)
    }

    /// Makes dead letters ready again, as if they came for the first time; says how many.
    pub(super) fn replay(&mut self, id: Option<&str>, bounds: Bounds) -> usize {
        let mut dead = std::mem::take(&mut self.dead);
        let replayed = dead.remove(id, |entry| {
            let has_room = self.check_room(entry.weight, bounds).is_ok();
            if has_room {
                let revived = Arc::new(letter::revived(&entry.wire));
                self.push(Entry::new(revived, entry.priority, Instant::now()));
            }
            has_room
        });
        self.dead = dead;
        replayed
    }

    pub(super) fn discard(&mut self, id: &str) -> usize {
        self.dead.remove(Some(id), |_| true)
    }

    pub(super) fn figures(&self, now: Instant) -> QueueFigures {
        let oldest = self.ready.fronts().map(|entry| entry.since).min();
        QueueFigures {
            depth: self.ready.len(),
            in_hand: self.in_hand,
            waiting: self.waiting.iter().map(|step| step.entries.len()).sum(),
            dead: self.dead.len(),
            oldest: oldest
                .map(|since| now.saturating_duration_since(since))
                .unwrap_or_default(),
        }
    }
}
