//! How fast a subscription goes on while its handlers fail.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;

/// So many failed events in a row are an outage of something that the handlers need, and not a few bad events.
const OUTAGE: u32 = 10;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One event at a time, with pauses, for as long as everything fails: an outage does not fill the dead letters.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    failed_in_a_row: AtomicU32,
    alone: Mutex<()>,
}

/// Held while an event is handled; nothing while all is well.
pub(super) type Turn<'a> = Option<MutexGuard<'a, ()>>;

impl Pace {
    /// Whether nobody has to wait for a turn.
    pub(super) fn is_well(&self) -> bool {
        self.pause().is_none()
    }

    /// At once while all is well; else one after the other, each after a pause.
    pub(super) async fn turn(&self) -> Turn<'_> {
        self.pause()?;
        let turn = self.alone.lock().await;
        // One that was before us may have succeeded.
        sleep(self.pause()?).await;
        Some(turn)
    }

    pub(super) fn succeeded(&self) {
        if self.failed_in_a_row.load(Ordering::Relaxed) > 0 {
            self.failed_in_a_row.store(0, Ordering::Relaxed);
        }
    }

    pub(super) fn failed(&self) {
        // Saturating would need a loop; four thousand million failures in a row take longer than the process.
        self.failed_in_a_row.fetch_add(1, Ordering::Relaxed);
    }

    /// How long to wait before the next event; `None` while all is well.
    fn pause(&self) -> Option<Duration> {
        let beyond = self.failed_in_a_row.load(Ordering::Relaxed).checked_sub(OUTAGE)?;
        Some(LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.pow(beyond.min(5))))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn after(failures: u32) -> Pace {
        let pace = Pace::default();
        (0..failures).for_each(|_| pace.failed());
        pace
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let check = |failures: u32, seconds: Option<u64>| {
            assert_eq!(
                after(failures).pause(),
                seconds.map(Duration::from_secs),
                "{failures}"
            );
        };
        check(0, None);
        check(9, None);
        check(10, Some(1));
        check(11, Some(2));
        check(14, Some(16));
        check(15, Some(30));
        check(1000, Some(30));
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_one_after_the_other_until_one_succeeds() {
        let pace = after(10);
        let started = Instant::now();
        let turn = pace.turn().await;
        assert_eq!((turn.is_some(), started.elapsed()), (true, FIRST_PAUSE));
        pace.succeeded();
        drop(turn);
        assert!(pace.turn().await.is_none());
        assert_eq!(started.elapsed(), FIRST_PAUSE);
    }
}
