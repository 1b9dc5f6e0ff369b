//! Waiting for something, but not longer than a subscription is open.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tokio::sync::watch;

/// What the future gives; `None` once the subscription closes, also where it is closed already.
pub(super) async fn until<F: Future>(closing: &watch::Receiver<bool>, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut closing = closing.clone();
    // A sender that is gone closes too.
    let mut closed = pin!(async move {
        let _ = closing.wait_for(|is_closing| *is_closing).await;
    });
    poll_fn(|cx| {
        if closed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        future.as_mut().poll(cx).map(Some)
    })
    .await
}
