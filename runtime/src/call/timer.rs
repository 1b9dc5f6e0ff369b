//! One timer an attempt: armed for the head, then again for each pause in the body.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The future's value, or `None` when the timer fires first. A future that is ready never touches the timer.
pub(crate) async fn within<F: Future>(mut timer: Pin<&mut Sleep>, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => timer.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// The same, the timer armed anew the first time that the future has to wait: at most `idle` from then, and never
/// later than `deadline`.
pub(crate) async fn within_idle<F: Future>(
    mut timer: Pin<&mut Sleep>,
    idle: Duration,
    deadline: Instant,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut armed = false;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => {
            if !armed {
                armed = true;
                timer.as_mut().reset(deadline.min(Instant::now() + idle));
            }
            timer.as_mut().poll(cx).map(|()| None)
        }
    })
    .await
}
