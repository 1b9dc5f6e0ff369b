//! The breaker of one instance: who may be sent there, and what its outcomes say about it.
//!
//! ```text
//!            failures in a row, or too small a share of successes
//!   closed ────────────────────────────────────────────────▶ open ◀─────────────────┐
//!      ▲                                                       │ its time is over    │ the probe failed,
//!      │ the probe succeeded                                   ▼                     │ or its lease ended
//!      └─────────────────────────────────────────────────── half-open ───────────────┘
//! ```
//!
//! **Invariant:** while the breaker is not closed, at most one call, the probe, is admitted at a time; and from every
//! state, time alone leads to another probe.

mod permit;
#[cfg(test)]
mod properties;
mod state;
#[cfg(test)]
mod tests;
mod window;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

pub(crate) use permit::Permit;

use crate::BreakerPolicy;
use crate::random::Random;
use state::{Phase, Tripped};
use window::{Moment, Window};

/// What a lease is longer than the attempt that it is for, so that the attempt's own timer ends first.
pub(crate) const LEASE_SLACK: Duration = Duration::from_millis(100);

/// Whether an instance's breaker lets calls through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Calls are refused until its time is over.
    Open,
    /// One call at a time goes through, to find out whether the instance is well again.
    HalfOpen,
}

/// The breaker of one instance.
///
/// A call that is admitted while it is closed costs a few atomic operations, on the way in and out; the lock is for
/// changes of state, and for calls while it is open.
pub(crate) struct Breaker {
    /// `generation (32) | consecutive failures (32)`.
    ///
    /// Opening, closing and the end of a probe each begin a generation; an even one is closed. A permit's outcome
    /// counts in the generation that it was given in, and in no other.
    word: AtomicU64,
    window: Window,
    origin: Instant,
    tripped: Mutex<Tripped>,
    /// Counts the openings that no permit reports: those by the end of a lease.
    trips: Arc<AtomicU64>,
}

/// That a call may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Until the breaker would admit a call; at most a second where a probe is out.
    pub(crate) retry_after: Duration,
}

impl Breaker {
    /// Closed; `trips` counts the openings that come about by time alone.
    pub(crate) fn new(trips: Arc<AtomicU64>) -> Self {
        let origin = Instant::now();
        Self {
            word: AtomicU64::new(0),
            window: Window::default(),
            origin,
            tripped: Mutex::new(Tripped::new(origin)),
            trips,
        }
    }

    /// Admits a call or says when to come back.
    ///
    /// `lease` bounds how long a probe may take, all of it: the attempt's time and [`LEASE_SLACK`].
    #[inline]
    pub(crate) fn admit<'a>(
        &'a self,
        policy: &'a BreakerPolicy,
        now: Instant,
        lease: impl FnOnce() -> Duration,
        random: &'a Random,
    ) -> Result<Permit<'a>, Refused> {
        let generation = generation(self.word.load(Ordering::Acquire));
        let generation = if is_closed(generation) {
            generation
        } else {
            self.probe(policy, now, lease(), random)?
        };
        Ok(Permit {
            breaker: self,
            random,
            policy,
            generation,
        })
    }

    /// The state at that time, for metrics and health.
    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        if is_closed(self.generation()) {
            return BreakerState::Closed;
        }
        let mut tripped = self.lock();
        self.end_lease(&mut tripped, now);
        match tripped.phase {
            _ if is_closed(self.generation()) => BreakerState::Closed,
            Phase::Waiting { until } if now < until => BreakerState::Open,
            Phase::Waiting { .. } | Phase::Probing { .. } => BreakerState::HalfOpen,
        }
    }

    /// Whether a call would be admitted at that time.
    pub(crate) fn would_admit(&self, now: Instant) -> bool {
        if is_closed(self.generation()) {
            return true;
        }
        let mut tripped = self.lock();
        self.end_lease(&mut tripped, now);
        match tripped.phase {
            Phase::Waiting { until } => until <= now,
            Phase::Probing { .. } => is_closed(self.generation()),
        }
    }

    /// Until when it refuses every call, while it is open; a probe that is out may close it at any time.
    pub(crate) fn open_until(&self, now: Instant) -> Option<Instant> {
        if is_closed(self.generation()) {
            return None;
        }
        let mut tripped = self.lock();
        self.end_lease(&mut tripped, now);
        match tripped.phase {
            _ if is_closed(self.generation()) => None,
            Phase::Waiting { until } => Some(until),
            Phase::Probing { .. } => None,
        }
    }

    /// Leases the probe, unless it is too early or somebody has it.
    #[cold]
    fn probe(
        &self,
        policy: &BreakerPolicy,
        now: Instant,
        lease: Duration,
        random: &Random,
    ) -> Result<u32, Refused> {
        let mut tripped = self.lock();
        self.end_lease(&mut tripped, now);
        let generation = self.generation();
        if is_closed(generation) {
            return Ok(generation);
        }
        tripped.lease(policy, now, lease, random)?;
        Ok(generation)
    }

    /// Takes a probe whose lease is over for failed.
    fn end_lease(&self, tripped: &mut Tripped, now: Instant) {
        if tripped.end_lease(now) {
            self.trips.fetch_add(1, Ordering::Relaxed);
            self.begin(self.generation().wrapping_add(2));
        }
    }

    fn succeed(&self, generation: u32, now: Instant) {
        if !is_closed(generation) {
            return self.close(generation, now);
        }
        let ends_a_row = |word| self::generation(word) == generation && failures(word) > 0;
        let word = self
            .word
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
                ends_a_row(word).then(|| word_of(generation, 0))
            })
            .unwrap_or_else(|word| word);
        if self::generation(word) == generation {
            self.window.record(self.moment(generation, now), false);
        }
    }

    fn fail(&self, permit: &Permit<'_>, now: Instant) -> bool {
        if !is_closed(permit.generation) {
            return self.reopen(permit.generation, now);
        }
        let Some(row) = self.count_failure(permit.generation) else {
            return false;
        };
        let moment = self.moment(permit.generation, now);
        self.window.record(moment, true);
        let many = row >= permit.policy.failures || self.window.is_unhealthy(moment);
        many && self.open(permit, now)
    }

    /// How many failures in a row this makes; `None` when the call began before the breaker last changed.
    fn count_failure(&self, generation: u32) -> Option<u32> {
        self.word
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
                let row = failures(word).saturating_add(1);
                (self::generation(word) == generation).then(|| word_of(generation, row))
            })
            .map(|before| failures(before).saturating_add(1))
            .ok()
    }

    /// From closed to open; `false` when another caller was first.
    #[cold]
    fn open(&self, permit: &Permit<'_>, now: Instant) -> bool {
        let mut tripped = self.lock();
        let current = self.generation() == permit.generation;
        if current {
            tripped.open(permit.policy, now, permit.random);
            self.begin(permit.generation.wrapping_add(1));
        }
        current
    }

    /// From half-open to open, unless the probe's lease is over.
    #[cold]
    fn reopen(&self, probe: u32, now: Instant) -> bool {
        let mut tripped = self.lock();
        self.end_lease(&mut tripped, now);
        let current = self.generation() == probe && tripped.fail_probe(now);
        if current {
            self.begin(probe.wrapping_add(2));
        }
        current
    }

    /// From half-open to closed, unless the probe's lease is over.
    #[cold]
    fn close(&self, probe: u32, now: Instant) {
        let mut tripped = self.lock();
        self.end_lease(&mut tripped, now);
        if self.generation() == probe {
            *tripped = Tripped::new(now);
            let generation = probe.wrapping_add(1);
            self.window.restart(self.moment(generation, now));
            self.begin(generation);
        }
    }

    /// Lets another caller probe.
    #[cold]
    fn give_back(&self, probe: u32) {
        let mut tripped = self.lock();
        if self.generation() == probe && tripped.give_back() {
            self.begin(probe.wrapping_add(2));
        }
    }

    fn generation(&self) -> u32 {
        generation(self.word.load(Ordering::Acquire))
    }

    /// Makes what began earlier count for nothing; under the lock.
    fn begin(&self, generation: u32) {
        self.word.store(word_of(generation, 0), Ordering::Release);
    }

    fn moment(&self, generation: u32, now: Instant) -> Moment {
        let second = now.saturating_duration_since(self.origin).as_secs();
        Moment {
            generation: generation >> 1,
            // 136 years.
            second: u32::try_from(second).unwrap_or(u32::MAX),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Tripped> {
        self.tripped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("failures", &failures(self.word.load(Ordering::Relaxed)))
            .field("closed", &is_closed(self.generation()))
            .finish_non_exhaustive()
    }
}

fn word_of(generation: u32, failures: u32) -> u64 {
    u64::from(generation) << 32 | u64::from(failures)
}

fn generation(word: u64) -> u32 {
    (word >> 32) as u32
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the lower half is what is asked for"
)]
fn failures(word: u64) -> u32 {
    word as u32
}

fn is_closed(generation: u32) -> bool {
    generation & 1 == 0
}
