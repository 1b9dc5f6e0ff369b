//! How long to wait before the next attempt at connecting.

use std::time::Duration;

use tokio::time::Instant;

use crate::events::backoff;
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
    eager: backoff::Backoff,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            eager: backoff::Backoff::new(FIRST, LONGEST),
        }
    }

    /// There was a connection until now. Its loss is another outage, whose first minute begins; the waits go on where they
    /// were, for a broker that accepts and hangs up again and again.
    pub(super) fn lost(&mut self) {
        self.since = Instant::now();
    }

    /// The next wait.
    pub(super) fn next(&mut self, random: &Random) -> Duration {
        if self.since.elapsed() >= EAGER {
            return random.below(PATIENT);
        }
        self.eager.next(random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest of many waits that are drawn at this point.
    fn longest(backoff: &Backoff) -> Duration {
        let random = Random::from_seed(1);
        let drawn = (0..1000).map(|_| {
            let mut same = Backoff { ..*backoff };
            same.next(&random)
        });
        drawn.max().unwrap_or_default()
    }

    #[tokio::test(start_paused = true)]
    async fn waits_are_short_for_a_minute_and_long_from_then_on() {
        let mut backoff = Backoff::new();
        assert!(longest(&backoff) <= FIRST);
        for _ in 0..10 {
            backoff.next(&Random::from_seed(1));
        }
        assert!(longest(&backoff) <= LONGEST && longest(&backoff) > LONGEST / 2);
        tokio::time::advance(EAGER).await;
        assert!(longest(&backoff) <= PATIENT && longest(&backoff) > PATIENT / 2);
        backoff.lost();
        assert!(
            longest(&backoff) <= LONGEST && longest(&backoff) > LONGEST / 2,
            "another outage, whose first minute it is"
        );
    }
}
