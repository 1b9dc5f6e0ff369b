use std::pin::pin;
use std::sync::Arc;

use futures_core::Stream;
use tokio::time::{advance, sleep, timeout};

use super::*;
use crate::ByteStream;

/// Chunks that come after these delays, in milliseconds, and then silence or the end.
struct Chunks {
    delays: Vec<u64>,
    sleep: Pin<Box<Sleep>>,
    ends: bool,
}

impl Chunks {
    fn body(delays: &[u64], ends: bool) -> Body {
        let mut delays = delays.to_vec();
        delays.reverse();
        let first = delays.last().copied().unwrap_or_default();
        Body::stream(Self {
            delays,
            sleep: Box::pin(sleep(Duration::from_millis(first))),
            ends,
        })
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.delays.is_empty() {
            return if self.ends {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        }
        if self.sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.delays.pop();
        if let Some(next) = self.delays.last().copied() {
            self.sleep
                .as_mut()
                .reset(Instant::now() + Duration::from_millis(next));
        }
        Poll::Ready(Some(Ok(Bytes::from_static(b"x"))))
    }
}

fn stream(body: Body, idle: u64, deadline: u64) -> (ByteStream, Arc<()>) {
    let held = Arc::new(());
    let bounds = Bounds {
        idle: Duration::from_millis(idle),
        deadline: Instant::now() + Duration::from_millis(deadline),
        place: Place::default(),
        guard: Box::new(held.clone()),
    };
    (ByteStream::from(bounded(body, bounds)), held)
}

fn is_held(held: &Arc<()>) -> bool {
    Arc::strong_count(held) > 1
}

#[tokio::test(start_paused = true)]
async fn chunks_come_through_and_the_end_lets_go() {
    let (mut stream, held) = stream(Chunks::body(&[50, 50, 50], true), 100, 1000);
    for _ in 0..3 {
        assert_eq!(stream.chunk().await.expect("in time").as_deref(), Some(&b"x"[..]));
    }
    assert!(is_held(&held));
    assert_eq!(stream.chunk().await.expect("the end"), None);
    assert!(!is_held(&held));
    assert_eq!(stream.chunk().await.expect("still the end"), None);
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_timeout_and_lets_go() {
    let (mut stream, held) = stream(Chunks::body(&[50], false), 100, 1000);
    stream.chunk().await.expect("in time");
    let start = Instant::now();
    let error = stream.chunk().await.expect_err("silence");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.to_string(), "the body stood still for 100ms");
    assert!(error.may_have_reached_server());
    assert_eq!(start.elapsed(), Duration::from_millis(100));
    assert!(!is_held(&held));
    assert_eq!(stream.chunk().await.expect("nothing more"), None);
}

#[tokio::test(start_paused = true)]
async fn a_drip_ends_at_the_deadline() {
    let (mut stream, _held) = stream(Chunks::body(&[80; 100], true), 100, 1000);
    let start = Instant::now();
    let error = loop {
        if let Err(error) = stream.chunk().await {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_flood_ends_at_the_deadline() {
    let (mut stream, _held) = stream(Chunks::body(&[0; 100], true), 100, 1000);
    stream.chunk().await.expect("in time");
    advance(Duration::from_secs(1)).await;
    let error = stream.chunk().await.expect_err("late");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_is_not_the_servers_silence() {
    let (mut stream, _held) = stream(Chunks::body(&[50; 4], true), 100, 60_000);
    for _ in 0..4 {
        stream.chunk().await.expect("in time");
        sleep(Duration::from_secs(5)).await;
    }
    assert_eq!(stream.chunk().await.expect("the end"), None);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_given_up_costs_nothing() {
    let (mut stream, _held) = stream(Chunks::body(&[150, 10], true), 200, 60_000);
    for _ in 0..10 {
        let wait = pin!(stream.chunk());
        if timeout(Duration::from_millis(20), wait).await.is_ok() {
            break;
        }
    }
    stream.chunk().await.expect("in time");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_lets_go() {
    let (mut stream, held) = stream(Chunks::body(&[50], false), 100, 1000);
    stream.chunk().await.expect("in time");
    drop(stream);
    assert!(!is_held(&held));
}

#[tokio::test]
async fn a_broken_body_is_a_transport_error() {
    struct Broken;
    impl Stream for Broken {
        type Item = Result<Bytes, std::io::Error>;
        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(Some(Err(std::io::Error::other("reset"))))
        }
    }
    let (mut stream, held) = stream(Body::stream(Broken), 100, 1000);
    let error = stream.chunk().await.expect_err("broken");
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(error.to_string(), "the body broke off: reset");
    assert!(!is_held(&held));
}
