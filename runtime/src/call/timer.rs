//! One timer an attempt: armed for the head, and anew only when a pause in the body could end earlier.
//!
//! The future comes pinned: one that is passed by value is copied, and an attempt's is a kilobyte or two.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Bounds the pauses of one body: each to the idle time, from the first time that somebody has to wait, and all of them to
/// the deadline.
///
/// A timer that is armed for an earlier time stays as it is until it fires: few pauses are that long.
pub(crate) struct Pauses<'a> {
    timer: Pin<&'a mut Sleep>,
    idle: Duration,
    deadline: Instant,
    /// When the pause ends that somebody waits in.
    until: Option<Instant>,
}

impl<'a> Pauses<'a> {
    pub(crate) fn new(timer: Pin<&'a mut Sleep>, idle: Duration, deadline: Instant) -> Self {
        Self {
            timer,
            idle,
            deadline,
            until: None,
        }
    }

    /// The pause is over: something came.
    pub(crate) fn end(&mut self) {
        self.until = None;
    }

    /// Waits in the pause; the point in time at which it has lasted too long.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        let (idle, deadline) = (self.idle, self.deadline);
        let until = *self
            .until
            .get_or_insert_with(|| deadline.min(Instant::now() + idle));
        loop {
            if self.timer.deadline() > until || self.timer.is_elapsed() {
                self.timer.as_mut().reset(until);
            }
            ready!(self.timer.as_mut().poll(cx));
            if self.timer.deadline() == until {
                return Poll::Ready(until);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;

    use tokio::time::{sleep_until, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When a pause ends that the timer, armed for `armed` before, bounds to an idle time of 2 s and a deadline of 9 s.
    async fn pause_ends(armed: Duration) -> Duration {
        let start = Instant::now();
        let mut timer = pin!(sleep_until(start + armed));
        let armed = poll_fn(|cx| Poll::Ready(timer.as_mut().poll(cx))).await;
        assert!(armed.is_pending());
        let mut pauses = Pauses::new(timer, 2 * SECOND, start + 9 * SECOND);
        let end = poll_fn(|cx| pauses.poll_end(cx)).await;
        assert_eq!(end, Instant::now());
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_after_the_idle_time_whenever_the_timer_was_armed_for() {
        for armed in [SECOND, 2 * SECOND, 5 * SECOND, 9 * SECOND] {
            assert_eq!(pause_ends(armed).await, 2 * SECOND, "armed for {armed:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_at_the_deadline() {
        let deadline = Instant::now() + SECOND;
        let timer = pin!(sleep_until(deadline + SECOND));
        let mut pauses = Pauses::new(timer, 5 * SECOND, deadline);
        assert_eq!(poll_fn(|cx| pauses.poll_end(cx)).await, deadline);
        assert_eq!(Instant::now(), deadline);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_has_fired_bounds_the_next_pause_too() {
        let start = Instant::now();
        let mut timer = pin!(sleep_until(start + SECOND));
        timer.as_mut().await;
        let mut pauses = Pauses::new(timer, 2 * SECOND, start + 9 * SECOND);
        poll_fn(|cx| pauses.poll_end(cx)).await;
        assert_eq!(start.elapsed(), 3 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn each_pause_has_the_idle_time_of_its_own() {
        let start = Instant::now();
        let timer = pin!(sleep_until(start + 9 * SECOND));
        let mut pauses = Pauses::new(timer, 2 * SECOND, start + 9 * SECOND);
        let _ = timeout(SECOND, poll_fn(|cx| pauses.poll_end(cx))).await;
        pauses.end();
        poll_fn(|cx| pauses.poll_end(cx)).await;
        assert_eq!(start.elapsed(), 3 * SECOND);
    }
}
