//! How many of the last ten seconds' calls failed.

use std::sync::atomic::{AtomicU64, Ordering};

/// The seconds that the window covers: the current one, so far, and the nine before it.
const SECONDS: usize = 10;

/// The least calls that a share is taken of.
const LEAST: u64 = 20;

/// The lowest share of successes, in percent, that is healthy.
const HEALTHY: u64 = 80;

/// One second's counts in one word: `generation (8) | second (32) | calls (12) | failures (12)`.
///
/// The generation keeps a call that began before the breaker opened out of the counts after it closed. Where a
/// second has more calls than fit, both counts are halved: the share stays.
#[derive(Clone, Copy)]
struct Slot(u64);

const COUNT_BITS: u32 = 12;
const COUNT_MOST: u64 = (1 << COUNT_BITS) - 1;

/// The calls of the last ten seconds, counted by the second.
#[derive(Debug, Default)]
pub(super) struct Window([AtomicU64; SECONDS]);

/// Whose counts these are: a generation of the breaker, and a second of its life.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) generation: u32,
    pub(super) second: u32,
}

impl Window {
    /// Counts one call. What is older than the counts in its place is left out.
    pub(super) fn record(&self, at: Moment, failed: bool) {
        let place = &self.0[at.second as usize % SECONDS];
        let _ = place.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            Some(Slot(word).fresh(at)?.add(failed).0)
        });
    }

    /// Whether there are enough calls to judge by, and too many of them failed.
    pub(super) fn is_unhealthy(&self, at: Moment) -> bool {
        let (mut calls, mut failures) = (0, 0);
        for place in &self.0 {
            let slot = Slot(place.load(Ordering::Acquire));
            if slot.counts_for(at) {
                calls += slot.calls();
                failures += slot.failures();
            }
        }
        calls >= LEAST && (calls - failures) * 100 < calls * HEALTHY
    }

    /// Forgets all, so that only this generation is counted from here on.
    pub(super) fn restart(&self, at: Moment) {
        for place in &self.0 {
            place.store(Slot::empty(at).0, Ordering::Release);
        }
    }
}

impl Slot {
    fn empty(at: Moment) -> Self {
        let stamp = u64::from(at.generation & 0xff) << 32 | u64::from(at.second);
        Self(stamp << (2 * COUNT_BITS))
    }

    fn calls(self) -> u64 {
        self.0 >> COUNT_BITS & COUNT_MOST
    }

    fn failures(self) -> u64 {
        self.0 & COUNT_MOST
    }

    fn counts(self) -> u64 {
        self.0 & ((1 << (2 * COUNT_BITS)) - 1)
    }

    fn stamp(self) -> u64 {
        self.0 - self.counts()
    }

    /// This slot where it is of that moment, an empty one where it is older, `None` where it is newer.
    fn fresh(self, at: Moment) -> Option<Self> {
        let empty = Self::empty(at);
        if self.stamp() == empty.0 {
            return Some(self);
        }
        // As a signed difference: the generation wraps around.
        let newer = self.stamp().wrapping_sub(empty.0).cast_signed() > 0;
        (!newer).then_some(empty)
    }

    fn add(self, failed: bool) -> Self {
        let room = if self.calls() == COUNT_MOST {
            self.halved()
        } else {
            self
        };
        Self(room.0 + (1 << COUNT_BITS) + u64::from(failed))
    }

    fn halved(self) -> Self {
        Self(self.stamp() | (self.calls() / 2) << COUNT_BITS | self.failures() / 2)
    }

    fn counts_for(self, at: Moment) -> bool {
        let of = self.0 >> (2 * COUNT_BITS);
        let age = u64::from(at.second).checked_sub(of & u64::from(u32::MAX));
        of >> 32 == u64::from(at.generation & 0xff) && age.is_some_and(|age| age < SECONDS as u64)
    }
}
