//! Time in tests: short words for it, and how long something took.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

/// Milliseconds.
pub const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Seconds.
pub const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// What the future gives and how long it took: exact to the millisecond in paused time.
pub fn timed<F: Future>(future: F) -> impl Future<Output = (F::Output, Duration)> {
    let future = Box::pin(future);
    async {
        let started = Instant::now();
        let output = future.await;
        (output, started.elapsed())
    }
}

/// The middle one of five times, taken in turn: a single run says more of the machine than of what it measures.
pub async fn median_of_five<F: Future<Output = Duration>>(run: impl Fn() -> F) -> Duration {
    let mut times = Vec::new();
    for _ in 0..5 {
        times.push(run().await);
    }
    times.sort();
    times[2]
}

/// Asserts that a time lies between two bounds, both included.
///
/// # Panics
/// When it does not.
#[track_caller]
pub fn assert_between(time: Duration, least: Duration, most: Duration) {
    assert!(
        least <= time && time <= most,
        "{time:?} is not within {least:?} and {most:?}"
    );
}

/// Polls the future once; whether it is still under way.
pub async fn is_pending_after_a_poll<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending())).await
}
