//! How long to wait before the next attempt at connecting.

use std::time::Duration;

use tokio::time::Instant;

use crate::random::Random;

const FIRST: Duration = Duration::from_millis(50);
/// The longest wait of the first minute.
const LONGEST: Duration = Duration::from_secs(1);
const EAGER: Duration = Duration::from_secs(60);
/// The longest wait from then on.
const PATIENT: Duration = Duration::from_secs(5);

/// 50 ms doubling to 1 s for a minute of an outage, then 5 s, without end; full jitter.
#[derive(Debug)]
pub(super) struct Backoff {
    since: Instant,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            longest: FIRST,
        }
    }

    /// There was a connection until now. Its loss is another outage, whose first minute begins; the waits go on where they
    /// were, for a broker that accepts and hangs up again and again.
    pub(super) fn lost(&mut self) {
        self.since = Instant::now();
    }

    /// The next wait.
    pub(super) fn next(&mut self, random: &Random) -> Duration {
        random.below(self.bound())
    }

    fn bound(&mut self) -> Duration {
        if self.since.elapsed() >= EAGER {
            return PATIENT;
        }
        let bound = self.longest;
        self.longest = LONGEST.min(bound * 2);
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_double_for_a_minute_and_are_long_from_then_on() {
        let mut backoff = Backoff::new();
        let millis: Vec<u128> = (0..7).map(|_| backoff.bound().as_millis()).collect();
        assert_eq!(millis, [50, 100, 200, 400, 800, 1000, 1000]);
        tokio::time::advance(EAGER).await;
        assert_eq!(backoff.bound(), PATIENT);
        assert!(backoff.next(&Random::from_seed(1)) <= PATIENT);
        backoff.lost();
        assert_eq!(
            backoff.bound(),
            LONGEST,
            "another outage, whose first minute it is"
        );
    }
}
