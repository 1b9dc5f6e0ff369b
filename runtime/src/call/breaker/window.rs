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
        let stamp = (u64::from(at.generation & 0xff) << 32) + u64::from(at.second);
        Self(stamp << (2 * COUNT_BITS))
    }

    fn calls(self) -> u64 {
        (self.0 >> COUNT_BITS) & COUNT_MOST
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
        Self(self.stamp() + ((self.calls() / 2) << COUNT_BITS) + self.failures() / 2)
    }

    fn counts_for(self, at: Moment) -> bool {
        let of = self.0 >> (2 * COUNT_BITS);
        let age = u64::from(at.second).checked_sub(of & u64::from(u32::MAX));
        of >> 32 == u64::from(at.generation & 0xff) && age.is_some_and(|age| age < SECONDS as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn at(generation: u32, second: u32) -> Moment {
        Moment { generation, second }
    }

    fn sums(window: &Window, at: Moment) -> (u64, u64) {
        let slots = window.0.iter().map(|place| Slot(place.load(Ordering::Acquire)));
        slots
            .filter(|slot| slot.counts_for(at))
            .fold((0, 0), |(calls, failures), slot| {
                (calls + slot.calls(), failures + slot.failures())
            })
    }

    fn record(window: &Window, at: Moment, calls: u64, failures: u64) {
        for call in 0..calls {
            window.record(at, call < failures);
        }
    }

    #[test]
    fn a_call_counts_for_ten_seconds() {
        let window = Window::default();
        record(&window, at(0, 7), 3, 2);
        assert_eq!(sums(&window, at(0, 7)), (3, 2));
        assert_eq!(sums(&window, at(0, 16)), (3, 2));
        assert_eq!(sums(&window, at(0, 17)), (0, 0));
        assert_eq!(sums(&window, at(0, 6)), (0, 0));
    }

    #[test]
    fn a_late_record_leaves_newer_counts_alone() {
        let window = Window::default();
        record(&window, at(3, 27), 5, 1);
        record(&window, at(3, 17), 9, 9);
        record(&window, at(2, 27), 9, 9);
        assert_eq!(sums(&window, at(3, 27)), (5, 1));
    }

    #[test]
    fn a_new_generation_starts_from_nothing_even_where_its_number_wraps() {
        let window = Window::default();
        for generation in 0..600 {
            window.restart(at(generation, 5));
            record(&window, at(generation.wrapping_sub(1), 5), 4, 4);
            record(&window, at(generation, 5), 2, 1);
            assert_eq!(
                sums(&window, at(generation, 5)),
                (2, 1),
                "generation {generation}"
            );
        }
    }

    #[test]
    fn the_share_stays_where_a_second_has_more_calls_than_fit() {
        let window = Window::default();
        for call in 0..100_000 {
            window.record(at(0, 0), call % 4 == 0);
        }
        let (calls, failures) = sums(&window, at(0, 0));
        assert!(calls <= COUNT_MOST);
        assert!(
            (22..=28).contains(&(failures * 100 / calls)),
            "{failures} of {calls}"
        );
        assert!(window.is_unhealthy(at(0, 0)));
    }

    #[test]
    fn threads_lose_no_count() {
        let window = Window::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for second in 0..10 {
                        record(&window, at(1, second), 1000, 300);
                    }
                });
            }
        });
        // A thread that lags ten seconds behind would lose counts; here all stay within the window.
        assert_eq!(sums(&window, at(1, 9)), (40_000, 12_000));
    }

    #[test]
    fn twenty_calls_are_judged_and_four_fifths_are_healthy() {
        for (calls, failures, unhealthy) in [
            (19, 19, false),
            (20, 4, false),
            (20, 5, true),
            (100, 20, false),
            (100, 21, true),
        ] {
            let window = Window::default();
            record(&window, at(0, 0), calls, failures);
            assert_eq!(window.is_unhealthy(at(0, 0)), unhealthy, "{failures} of {calls}");
        }
    }
}
