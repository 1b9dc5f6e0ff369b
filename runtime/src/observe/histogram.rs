//! A histogram of latencies that threads share without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::metrics::Latency;

/// Buckets of each power of two; a bucket is at most 1/16 = 6.25 % as wide as the values in it.
const STEPS: u64 = 16;
const STEP_BITS: u32 = STEPS.trailing_zeros();

/// 24 hours in microseconds: what is longer counts as that, except in `max`.
const LONGEST: u64 = 24 * 60 * 60 * 1_000_000;

const BUCKETS: usize = bucket(LONGEST) + 1;

/// Counts by latency, exact below 16 µs, logarithmic above in linear steps; 4 KiB.
pub(crate) struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    max_nanos: AtomicU64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
            max_nanos: AtomicU64::new(0),
        }
    }

    /// Counts one latency: one atomic addition, and another write for a new maximum.
    pub(crate) fn record(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(micros.min(LONGEST))].fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        if nanos > self.max_nanos.load(Ordering::Relaxed) {
            self.max_nanos.fetch_max(nanos, Ordering::Relaxed);
        }
    }

    /// The figures that are shown.
    pub(crate) fn latency(&self) -> Latency {
        Latency::from(&self.counts())
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            buckets: self
                .buckets
                .iter()
                .map(|count| count.load(Ordering::Relaxed))
                .collect(),
            max_nanos: self.max_nanos.load(Ordering::Relaxed),
        }
    }
}

/// A histogram at one moment, which can be added to another.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Empty for no latencies at all.
    buckets: Vec<u64>,
    max_nanos: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.buckets
            .resize(self.buckets.len().max(other.buckets.len()), 0);
        for (count, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += more;
        }
        self.max_nanos = self.max_nanos.max(other.max_nanos);
    }

    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    pub(super) fn max(&self) -> Duration {
        Duration::from_nanos(self.max_nanos)
    }

    /// The latency that this many of a hundred do not exceed; zero when there are none.
    pub(super) fn percentile(&self, percent: u64) -> Duration {
        let rank = (u128::from(self.count()) * u128::from(percent)).div_ceil(100);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += u128::from(*count);
            if seen >= rank && *count > 0 {
                return middle(index).min(self.max());
            }
        }
        Duration::ZERO
    }
}

/// The bucket of a latency in microseconds.
const fn bucket(micros: u64) -> usize {
    if micros < STEPS {
        return narrow(micros);
    }
    let exponent = micros.ilog2() - STEP_BITS;
    let step = (micros >> exponent) - STEPS;
    narrow((exponent as u64 + 1) * STEPS + step)
}

/// The middle of what the bucket counts.
fn middle(index: usize) -> Duration {
    let index = index as u64;
    if index < STEPS {
        return Duration::from_nanos(index * 1000 + 500);
    }
    let exponent = index / STEPS - 1;
    let low = (STEPS + index % STEPS) << exponent;
    Duration::from_nanos(low * 1000 + (1000 << exponent) / 2)
}

/// Bucket numbers are below 1000, so nothing is lost on any platform.
#[expect(clippy::cast_possible_truncation, reason = "bucket numbers are below 1000")]
const fn narrow(index: u64) -> usize {
    index as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn recorded(latencies: impl IntoIterator<Item = Duration>) -> Counts {
        let histogram = Histogram::new();
        latencies
            .into_iter()
            .for_each(|latency| histogram.record(latency));
        histogram.counts()
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        let mut last = 0;
        for micros in 0..200_000 {
            let bucket = bucket(micros);
            assert!(
                bucket == last || bucket == last + 1,
                "{micros}: {last} then {bucket}"
            );
            last = bucket;
        }
        assert!(bucket(LONGEST) < BUCKETS);
        assert!(size_of::<Histogram>() < 5 * 1024);
    }

    #[test]
    fn any_latency_is_told_within_a_sixteenth() {
        let random = Random::from_seed(1);
        for power in 0..37 {
            for _ in 0..100 {
                let micros = ((1 << power) + random.next_u64() % (1 << power)).min(LONGEST);
                let told = middle(bucket(micros)).as_secs_f64() * 1e6;
                let latency = Duration::from_micros(micros).as_secs_f64() * 1e6;
                assert!(
                    (told - latency).abs() <= (latency / 16.0).max(0.5),
                    "{latency} µs is told as {told}"
                );
            }
        }
    }

    #[test]
    fn percentiles_are_those_of_the_latencies() {
        let counts = recorded((1..=1000).map(Duration::from_millis));
        assert_eq!((counts.count(), counts.max()), (1000, Duration::from_secs(1)));
        for (percent, millis) in [(50, 500.0), (95, 950.0), (99, 990.0), (100, 1000.0)] {
            let told = counts.percentile(percent).as_secs_f64() * 1000.0;
            assert!(
                (told - millis).abs() <= millis / 16.0,
                "p{percent} is told as {told} ms"
            );
        }
    }

    #[test]
    fn no_percentile_is_above_the_maximum() {
        let latency = Duration::from_micros(1_000_001);
        let counts = recorded([latency]);
        assert!(counts.percentile(99) <= latency);
        let day = Duration::from_secs(100 * 60 * 60);
        let counts = recorded([day]);
        assert_eq!(counts.max(), day);
        assert!(counts.percentile(50) <= day);
    }

    #[test]
    fn nothing_recorded_is_zero() {
        for counts in [recorded([]), Counts::default()] {
            assert_eq!(
                (counts.count(), counts.percentile(99), counts.max()),
                (0, Duration::ZERO, Duration::ZERO)
            );
        }
    }

    #[test]
    fn extreme_latencies_are_counted() {
        assert_eq!(recorded([Duration::ZERO, Duration::MAX]).count(), 2);
    }

    #[test]
    fn sums_count_both() {
        let mut sum = Counts::default();
        sum.add(&recorded([Duration::from_millis(1)]));
        sum.add(&recorded([Duration::from_millis(9), Duration::from_millis(9)]));
        sum.add(&Counts::default());
        assert_eq!((sum.count(), sum.max()), (3, Duration::from_millis(9)));
        assert!(sum.percentile(99) > Duration::from_millis(8));
    }
}
