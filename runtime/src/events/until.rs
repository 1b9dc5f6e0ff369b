//! Waiting for something, but not longer than a subscription is open, or a bus runs.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::sync::watch;

/// What the future gives; `None` once it closes, also where it is closed already.
pub(super) async fn until<F: Future>(closing: &watch::Receiver<bool>, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    // What need not wait costs a look, and not a place among those who wait for the end.
    if is_closing(closing) {
        return None;
    }
    if let Poll::Ready(value) = look(future.as_mut()).await {
        return Some(value);
    }
    let mut closed = pin!(closed(closing.clone()));
    poll_fn(|cx| {
        if closed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Waits until the subscription closes; a sender that is gone closes too. Apart, so that it is there once for all types.
async fn closed(mut closing: watch::Receiver<bool>) {
    let _ = closing.wait_for(|is_closing| *is_closing).await;
}

/// What the future gives at once.
pub(super) async fn look<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// The one value that is ever sent is that it closes.
fn is_closing(closing: &watch::Receiver<bool>) -> bool {
    !matches!(closing.has_changed(), Ok(false))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn what_is_ready_is_given_until_the_subscription_closes() {
        let (close, closing) = watch::channel(false);
        assert_eq!(until(&closing, ready(1)).await, Some(1));
        close.send_replace(true);
        assert_eq!(until(&closing, ready(1)).await, None);
        drop(close);
        assert_eq!(until(&closing, ready(1)).await, None);
    }

    #[tokio::test]
    async fn what_waits_ends_when_the_subscription_closes() {
        for is_told in [true, false] {
            let (close, closing) = watch::channel(false);
            let mut waiting = pin!(until(&closing, pending::<()>()));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut cx).is_pending());
            if is_told {
                close.send_replace(true);
            }
            drop(close);
            assert_eq!(waiting.await, None);
        }
    }
}
