//! One timer an attempt: armed for the head, and anew only when a pause in the body could end earlier.
//!
//! The future comes pinned: one that is passed by value is copied, and an attempt's is a kilobyte or two.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The future's value, or `None` when the timer fires first. A future that is ready never touches the timer.
pub(crate) fn within<F: Future>(
    mut timer: Pin<&mut Sleep>,
    mut future: Pin<&mut F>,
) -> impl Future<Output = Option<F::Output>> {
    poll_fn(move |cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => timer.as_mut().poll(cx).map(|()| None),
    })
}

/// The same, within `idle` from the first time that the future has to wait, and never later than `deadline`.
///
/// A timer that is armed for an earlier time stays as it is until it fires: few pauses are that long.
pub(crate) fn within_idle<F: Future>(
    mut timer: Pin<&mut Sleep>,
    idle: Duration,
    deadline: Instant,
    mut future: Pin<&mut F>,
) -> impl Future<Output = Option<F::Output>> {
    let mut until = None;
    poll_fn(move |cx| {
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(value));
        }
        let until = *until.get_or_insert_with(|| deadline.min(Instant::now() + idle));
        loop {
            if timer.deadline() > until || timer.is_elapsed() {
                timer.as_mut().reset(until);
            }
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() == until {
                return Poll::Ready(None);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::pin;

    use tokio::time::sleep_until;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When a pause ends that the timer, armed for `armed` before, bounds to an idle time of 2 s and a deadline of 9 s.
    async fn pause_ends(armed: Duration) -> Duration {
        let start = Instant::now();
        let mut timer = pin!(sleep_until(start + armed));
        // A first look arms the timer.
        let _ = within(timer.as_mut(), pin!(ready(()))).await;
        let never = pin!(pending::<()>());
        assert!(
            within_idle(timer, 2 * SECOND, start + 9 * SECOND, never)
                .await
                .is_none()
        );
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
        let never = pin!(pending::<()>());
        assert!(within_idle(timer, 5 * SECOND, deadline, never).await.is_none());
        assert_eq!(Instant::now(), deadline);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_has_fired_bounds_the_next_pause_too() {
        let start = Instant::now();
        let mut timer = pin!(sleep_until(start + SECOND));
        assert!(within(timer.as_mut(), pin!(pending::<()>())).await.is_none());
        let never = pin!(pending::<()>());
        assert!(
            within_idle(timer, 2 * SECOND, start + 9 * SECOND, never)
                .await
                .is_none()
        );
        assert_eq!(start.elapsed(), 3 * SECOND);
    }
}
