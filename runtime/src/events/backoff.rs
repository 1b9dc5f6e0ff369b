//! How long to wait before something is tried again: without end, and soon at first.

use std::time::Duration;

use crate::random::Random;

/// Waits of which each may be twice as long as the one before, up to the longest; full jitter, as AWS's "Exponential Backoff
/// And Jitter" has it, but at least a tenth of the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    bound: Duration,
}

impl Backoff {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            bound: first,
        }
    }

    pub(super) fn next(&mut self, random: &Random) -> Duration {
        random.below(self.bound()).max(self.first / 10)
    }

    /// It worked: the next wait is a first one.
    pub(super) fn begin_anew(&mut self) {
        self.bound = self.first;
    }

    fn bound(&mut self) -> Duration {
        let bound = self.bound;
        self.bound = self.longest.min(bound * 2);
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(50);

    #[test]
    fn double_up_to_the_longest_and_begin_anew() {
        let mut backoff = Backoff::new(FIRST, Duration::from_secs(1));
        let mut bounds = || [(); 7].map(|()| backoff.bound().as_millis());
        assert_eq!(bounds(), [50, 100, 200, 400, 800, 1000, 1000]);
        backoff.begin_anew();
        assert_eq!(backoff.bound(), FIRST);
    }

    #[test]
    fn are_drawn_below_their_bound_and_are_never_none() {
        let random = Random::from_seed(1);
        let mut seen = Vec::new();
        for _ in 0..1000 {
            seen.push(Backoff::new(FIRST, FIRST).next(&random));
        }
        assert!(seen.iter().all(|pause| (FIRST / 10..=FIRST).contains(pause)));
        assert!(
            seen.iter().any(|pause| *pause < FIRST / 4) && seen.iter().any(|pause| *pause > FIRST * 3 / 4)
        );
    }
}
