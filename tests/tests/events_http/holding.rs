//! Requests that are held until a handler is free: how many, and what becomes of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use trunkline::{Delivery, ErrorKind, HandlerError, Inbox, Result};
use trunkline_tests::events::Paid;

use super::messaging::SOON;
use super::subscriber::{Subscriber, plain};

#[tokio::test]
async fn what_waits_when_a_subscription_closes_is_told_at_once_to_come_again() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&begun), Arc::clone(&go_on));
    let subscribe = subscriber
        .subscribe()
        .concurrency(1)
        .on(move |_: Delivery<Paid>| {
            tell.notify_one();
            let wait = Arc::clone(&wait);
            async move {
                wait.notified().await;
                Ok::<(), HandlerError>(())
            }
        });
    let worker = subscribe.start().await?;
    let (first, second) = (plain("a", 1), plain("b", 2));
    let (first, second, shutdown) = tokio::join!(
        subscriber.post(&first),
        async {
            begun.notified().await;
            let answer = subscriber.post(&second).await;
            go_on.notify_one();
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
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&begun), Arc::clone(&go_on));
    let subscribe = subscriber.subscribe().on_named("order.paid", move |_| {
        tell.notify_one();
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            Ok::<(), HandlerError>(())
        }
    });
    let _worker = subscribe.start().await?;
    let large = format!(
        r#"{{"event_type":"order.paid","event_id":"l","data":"{}"}}"#,
        "x".repeat(64 * 1024 * 1024)
    );
    let event = plain("a", 7);
    let (answer, refused) = tokio::join!(subscriber.post_raw(&large), async {
        begun.notified().await;
        let refused = subscriber.post(&event).await;
        go_on.notify_one();
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
