//! Requests that are held until a handler is free: how many, and what becomes of them.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tower::ServiceExt;
use trunkline::http::Request;
use trunkline::{Delivery, ErrorKind, Inbox, Result};
use trunkline_tests::events::Paid;

use super::messaging::SOON;
use super::subscriber::{Gate, Subscriber, plain};

#[tokio::test]
async fn what_waits_when_a_subscription_closes_is_told_at_once_to_come_again() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let gate = Gate::default();
    let subscribe = subscriber.subscribe().concurrency(1).on(gate.handler::<Paid>());
    let worker = subscribe.start().await?;
    let (first, second) = (plain("a", 1), plain("b", 2));
    let (first, second, shutdown) = tokio::join!(
        subscriber.post(&first),
        async {
            gate.begun().await;
            let answer = subscriber.post(&second).await;
            gate.open();
            answer
        },
        async {
            while subscriber.client.metrics().events.queues["shipping"].attempts < 1 {
                tokio::task::yield_now().await;
            }
            worker.shutdown(SOON).await
        }
    );
    assert_eq!((first, second), ((200, None), (503, Some(1))));
    assert_eq!(shutdown?.abandoned, 0);
    Ok(())
}

#[tokio::test]
async fn beyond_the_bound_of_what_is_held_more_is_refused() -> Result<()> {
    // One event as large as all that may be held.
    let subscriber = Subscriber::with(|builder| builder.max_event(64 * 1024 * 1024)).await;
    let gate = Gate::default();
    let subscribe = subscriber.subscribe().on_named("order.paid", gate.handler());
    let _worker = subscribe.start().await?;
    let large = format!(
        r#"{{"event_type":"order.paid","event_id":"l","data":"{}"}}"#,
        "x".repeat(64 * 1024 * 1024)
    );
    let event = plain("a", 7);
    let (answer, refused) = tokio::join!(subscriber.post_raw(&large), async {
        gate.begun().await;
        let refused = subscriber.post(&event).await;
        gate.open();
        refused
    });
    assert_eq!((answer, refused), ((200, None), (503, Some(1))));
    Ok(())
}

#[tokio::test]
async fn a_requester_that_leaves_does_not_stop_the_others() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (seen, mut handled) = mpsc::unbounded_channel();
    let gate = Arc::new(Notify::new());
    let closed = Arc::clone(&gate);
    let subscribe = subscriber.subscribe().concurrency(1).inbox(Inbox::off());
    let subscribe = subscribe.on(move |event: Delivery<Paid>| {
        let (seen, gate) = (seen.clone(), Arc::clone(&closed));
        async move {
            gate.notified().await;
            seen.send(event.order)
        }
    });
    let _worker = subscribe.start().await?;
    let impatient = subscriber.server.post("/internal/events/x").json(&plain("a", 1));
    let impatient = impatient
        .timeout(Duration::from_millis(300))
        .retries(0)
        .send()
        .await;
    assert_eq!(impatient.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    gate.notify_one();
    assert_eq!(
        tokio::time::timeout(SOON, handled.recv())
            .await
            .expect("it goes on"),
        Some(1)
    );
    gate.notify_one();
    assert_eq!(subscriber.post(&plain("b", 2)).await, (200, None));
    assert_eq!(handled.recv().await, Some(2));
    Ok(())
}

/// Whether it is not done, after it was asked once.
async fn is_pending(future: &mut (impl Future + Unpin)) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending())).await
}

/// The least that a request takes of the 64 MiB is 64 KiB.
const MOST: u32 = 1024;

#[tokio::test]
async fn requests_that_are_given_up_make_room_at_once() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let gate = Gate::default();
    let _worker = subscriber
        .subscribe()
        .concurrency(1)
        .on(gate.handler::<Paid>())
        .start()
        .await?;
    let callbacks = subscriber.client.events().callbacks("shipping")?;
    let request = |order: u32| {
        let body = plain(&format!("paid-{order}"), order).to_string();
        let request = Request::post("/").header("content-length", body.len());
        let request = request.body(axum::body::Body::from(body));
        callbacks.clone().oneshot(request.expect("legal"))
    };
    let mut in_hand = tokio::spawn(request(0));
    gate.begun().await;
    for round in 1..=2 {
        let mut waiting: Vec<_> = (1..MOST).map(|order| Box::pin(request(order))).collect();
        for request in &mut waiting {
            assert!(is_pending(request).await, "there is room in round {round}");
        }
        let refused = request(MOST).await.expect("infallible");
        assert_eq!(refused.status(), 503, "and for no more");
    }
    assert!(is_pending(&mut in_hand).await);
    gate.open();
    let answered = in_hand.await.expect("no panic").expect("infallible");
    assert_eq!(answered.status(), 200);
    Ok(())
}
