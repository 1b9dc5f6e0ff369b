//! The counters of one endpoint: atomics, no lock and no allocation a call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::histogram::{Counts, Histogram};
use crate::ErrorKind;

/// Every kind of failure, at the place of its counter.
const KINDS: [ErrorKind; 14] = [
    ErrorKind::Config,
    ErrorKind::Request,
    ErrorKind::Discovery,
    ErrorKind::Connect,
    ErrorKind::Timeout,
    ErrorKind::DeadlineExceeded,
    ErrorKind::Status,
    ErrorKind::Business,
    ErrorKind::Decode,
    ErrorKind::Transport,
    ErrorKind::CircuitOpen,
    ErrorKind::Overloaded,
    ErrorKind::ShuttingDown,
    ErrorKind::Publish,
];

/// The counters of one endpoint; none where metrics are off.
pub(crate) struct EndpointRecorder(Option<Box<Counters>>);

struct Counters {
    begun: AtomicU64,
    successes: AtomicU64,
    cancelled: AtomicU64,
    attempts: AtomicU64,
    retries: AtomicU64,
    trips: AtomicU64,
    failures: [AtomicU64; KINDS.len()],
    latencies: Histogram,
}

impl EndpointRecorder {
    /// Counts nothing.
    pub(super) fn off() -> Self {
        Self(None)
    }

    pub(super) fn new() -> Self {
        Self(Some(Box::new(Counters {
            begun: AtomicU64::new(0),
            successes: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            attempts: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            trips: AtomicU64::new(0),
            failures: [const { AtomicU64::new(0) }; KINDS.len()],
            latencies: Histogram::new(),
        })))
    }

    /// Counts a call that begins; the guard counts how it ends.
    pub(crate) fn begin(&self) -> CallGuard<'_> {
        let counters = self.0.as_deref();
        if let Some(counters) = counters {
            counters.begun.fetch_add(1, Ordering::Relaxed);
        }
        CallGuard {
            counters,
            attempted: false,
        }
    }

    /// What was counted so far; nothing where metrics are off.
    pub(super) fn tally(&self) -> Tally {
        self.0.as_deref().map(Counters::tally).unwrap_or_default()
    }
}

impl Default for EndpointRecorder {
    fn default() -> Self {
        Self::new()
    }
}

/// A call that is counted as in flight until it is finished; one that is dropped before counts as cancelled.
#[must_use = "a guard that is dropped counts a cancelled call"]
pub(crate) struct CallGuard<'a> {
    counters: Option<&'a Counters>,
    attempted: bool,
}

impl CallGuard<'_> {
    /// Counts an attempt: each request that is made, the first, a retry or a hedge.
    pub(crate) fn attempt(&mut self) {
        self.attempted = true;
        if let Some(counters) = self.counters {
            counters.attempts.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts that the attempt to come repeats a failed one.
    pub(crate) fn retry(&self) {
        if let Some(counters) = self.counters {
            counters.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts that an attempt of the call made a breaker open.
    pub(crate) fn trip(&self) {
        if let Some(counters) = self.counters {
            counters.trips.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts how the call ended; its latency only where there was an attempt.
    pub(crate) fn finish(mut self, outcome: Result<(), ErrorKind>, elapsed: Duration) {
        let Some(counters) = self.counters.take() else {
            return;
        };
        if self.attempted {
            counters.latencies.record(elapsed);
        }
        let counter = match outcome {
            Ok(()) => &counters.successes,
            Err(kind) => &counters.failures[place(kind)],
        };
        // Released after `begun`, so that no snapshot sees more ends than beginnings.
        counter.fetch_add(1, Ordering::Release);
    }
}

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        if let Some(counters) = self.counters {
            counters.cancelled.fetch_add(1, Ordering::Release);
        }
    }
}

impl Counters {
    fn tally(&self) -> Tally {
        // The ends are read before the beginnings: see `finish`.
        let successes = self.successes.load(Ordering::Acquire);
        let cancelled = self.cancelled.load(Ordering::Acquire);
        let failures = self
            .failures
            .each_ref()
            .map(|count| count.load(Ordering::Acquire));
        Tally {
            begun: self.begun.load(Ordering::Relaxed),
            successes,
            cancelled,
            failures,
            attempts: self.attempts.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            trips: self.trips.load(Ordering::Relaxed),
            latencies: self.latencies.counts(),
        }
    }
}

/// The counters of an endpoint at one moment, or the sum of several.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) begun: u64,
    pub(super) successes: u64,
    pub(super) cancelled: u64,
    /// By kind, each at the place of its counter.
    failures: [u64; KINDS.len()],
    pub(super) attempts: u64,
    pub(super) retries: u64,
    pub(super) trips: u64,
    pub(super) latencies: Counts,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.begun += other.begun;
        self.successes += other.successes;
        self.cancelled += other.cancelled;
        for (sum, count) in self.failures.iter_mut().zip(other.failures) {
            *sum += count;
        }
        self.attempts += other.attempts;
        self.retries += other.retries;
        self.trips += other.trips;
        self.latencies.add(&other.latencies);
    }

    /// The kinds of failures that occurred, and how often each did.
    pub(super) fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let kinds = KINDS.iter().map(|kind| kind.label()).zip(self.failures);
        kinds.filter(|(_, count)| *count > 0)
    }
}

/// Where a kind is counted; a `match`, so that a new kind does not compile until it has its place.
fn place(kind: ErrorKind) -> usize {
    match kind {
        ErrorKind::Config => 0,
        ErrorKind::Request => 1,
        ErrorKind::Discovery => 2,
        ErrorKind::Connect => 3,
        ErrorKind::Timeout => 4,
        ErrorKind::DeadlineExceeded => 5,
        ErrorKind::Status => 6,
        ErrorKind::Business => 7,
        ErrorKind::Decode => 8,
        ErrorKind::Transport => 9,
        ErrorKind::CircuitOpen => 10,
        ErrorKind::Overloaded => 11,
        ErrorKind::ShuttingDown => 12,
        ErrorKind::Publish => 13,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn every_kind_is_counted_at_its_place() {
        for (index, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(place(kind), index);
        }
    }

    #[test]
    fn a_call_counts_once_whatever_its_attempts() {
        let recorder = EndpointRecorder::new();
        let mut call = recorder.begin();
        call.attempt();
        call.retry();
        call.attempt();
        call.finish(Ok(()), MS);
        let tally = recorder.tally();
        assert_eq!(
            (tally.begun, tally.successes, tally.attempts, tally.retries),
            (1, 1, 2, 1)
        );
        assert_eq!((tally.cancelled, tally.latencies.count()), (0, 1));
    }

    #[test]
    fn a_dropped_call_is_cancelled_and_not_failed() {
        let recorder = EndpointRecorder::new();
        let mut call = recorder.begin();
        call.attempt();
        drop(call);
        let tally = recorder.tally();
        assert_eq!(
            (tally.begun, tally.cancelled, tally.failures().count()),
            (1, 1, 0)
        );
        assert_eq!(tally.latencies.count(), 0);
    }

    #[test]
    fn a_call_refused_here_is_failed_and_has_no_latency() {
        let recorder = EndpointRecorder::new();
        recorder.begin().finish(Err(ErrorKind::Overloaded), MS);
        let tally = recorder.tally();
        assert_eq!(tally.failures().collect::<Vec<_>>(), [("overloaded", 1)]);
        assert_eq!(tally.latencies.count(), 0);
    }

    #[test]
    fn no_snapshot_has_more_ends_than_beginnings() {
        let recorder = EndpointRecorder::new();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..20_000).for_each(|_| recorder.begin().finish(Ok(()), MS)));
            }
            for _ in 0..200 {
                let tally = recorder.tally();
                assert!(tally.begun >= tally.successes + tally.cancelled);
            }
        });
        assert_eq!(recorder.tally().successes, 40_000);
    }
}
