//! Events that the messaging service sends to the subscriber's own server: read, handled, answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::sync::mpsc;
use trunkline::context::trace_id;
use trunkline::http::Method;
use trunkline::{Client, Delivery, ErrorKind, HandlerError, Priority, Result};
use trunkline_tests::events::Paid;
use trunkline_tests::traces;

use super::messaging::SOON;
use super::subscriber::{Subscriber, outcome, plain};

#[tokio::test]
async fn an_event_of_either_dialect_is_handled_before_it_is_answered() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (seen, mut handled) = mpsc::unbounded_channel();
    let subscribe = subscriber.subscribe().on(move |event: Delivery<Paid>| {
        let seen = seen.clone();
        async move {
            let about = (event.id().to_owned(), event.source().to_owned(), event.priority());
            seen.send((about, event.order, event.time(), trace_id()))
        }
    });
    let _worker = subscribe.start().await?;
    let v1 = json!({
        "id": "b", "type": "order.paid", "source_service": "billing", "target_service": "shipping",
        "data": { "order": 8 }, "priority": 4, "correlation_id": "c", "routing_key": "billing.order.paid"
    });
    let old = json!({
        "id": "c", "type": "EventType.ORDER.PAID", "source_service": "old", "data": { "order": 9 },
        "priority": "MessagePriority.HIGH", "timestamp": "2026-01-02 03:04:05"
    });
    let expected = [
        (plain("a", 7), ("a", "orders", Priority::Normal), 7),
        (v1, ("b", "billing", Priority::Urgent), 8),
        (old, ("c", "old", Priority::High), 9),
    ];
    for (body, (id, source, priority), order) in expected {
        assert_eq!(subscriber.post(&body).await, (200, None), "{body}");
        let (about, seen_order, time, _) = handled.try_recv().expect("it was handled before the answer");
        assert_eq!(about, (id.to_owned(), source.to_owned(), priority));
        assert_eq!(seen_order, order);
        if body.get("timestamp").is_some() {
            let since = time.duration_since(std::time::UNIX_EPOCH).expect("after 1970");
            assert_eq!(since.as_secs(), 1_767_323_045);
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_span_of_a_handler_says_that_http_carries_the_event() -> Result<()> {
    let subscriber = Subscriber::start().await;
    traces::start();
    let subscribe = subscriber.subscribe();
    let _worker = subscribe
        .on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) })
        .start()
        .await?;
    assert_eq!(subscriber.post(&plain("a", 7)).await, (200, None));
    let spans = traces::spans("process");
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].field("messaging.system"), Some("http"));
    assert_eq!(spans[0].field("messaging.message.id"), Some("a"));
    Ok(())
}

#[tokio::test]
async fn the_handler_runs_in_the_trace_of_the_request() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (seen, mut handled) = mpsc::unbounded_channel();
    let subscribe = subscriber.subscribe().on(move |_: Delivery<Paid>| {
        let seen = seen.clone();
        async move { seen.send(trace_id()) }
    });
    let _worker = subscribe.start().await?;
    let call = subscriber.server.post("/internal/events/x").json(&plain("a", 7));
    call.header("x-trace-id", "order-17").send().await?;
    assert_eq!(handled.recv().await, Some(Some("order-17".to_owned())));
    Ok(())
}

#[tokio::test]
async fn what_comes_again_is_answered_and_not_handled_again() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let subscribe = subscriber.subscribe().on(move |_: Delivery<Paid>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<(), HandlerError>(()) }
    });
    let _worker = subscribe.start().await?;
    for _ in 0..3 {
        assert_eq!(subscriber.post(&plain("a", 7)).await, (200, None));
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
    Ok(())
}

#[tokio::test]
async fn bad_requests_are_answered_as_what_they_are() -> Result<()> {
    let subscriber = Subscriber::start().await;
    assert_eq!(
        subscriber.post(&plain("a", 7)).await,
        (503, Some(1)),
        "nothing is subscribed"
    );
    let subscribe = subscriber
        .subscribe()
        .on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) });
    let worker = subscribe.start().await?;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        r#"{"data":{}}"#,
        r#"{"event_type":"order.paid"}"#,
        "\u{0}",
    ] {
        assert_eq!(subscriber.post_raw(body).await, (400, None), "{body:?}");
    }
    let mut unknown = plain("a", 7);
    unknown["event_type"] = json!("other");
    assert_eq!(subscriber.post(&unknown).await, (404, None));
    let undecodable = json!({ "event_type": "order.paid", "data": { "order": "seven" }, "event_id": "u" });
    assert_eq!(subscriber.post(&undecodable).await, (422, None));
    let large = format!(
        r#"{{"event_type":"order.paid","data":"{}"}}"#,
        "x".repeat(2 * 1024 * 1024)
    );
    assert_eq!(subscriber.post_raw(&large).await, (413, None));
    let wrong = subscriber
        .server
        .request(Method::PUT, "/internal/events/x")
        .json(&plain("a", 7));
    assert_eq!(outcome(wrong.retries(0).send().await), (405, None));

    worker.shutdown(SOON).await?;
    assert_eq!(
        subscriber.post(&plain("a", 7)).await,
        (503, Some(1)),
        "it is shut down"
    );
    Ok(())
}

#[tokio::test]
async fn each_subscription_of_the_group_gets_the_event() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (seen, mut handled) = mpsc::unbounded_channel();
    let subscribe = |name: Option<&'static str>| {
        let seen = seen.clone();
        let subscribe = subscriber.subscribe().on(move |_: Delivery<Paid>| {
            let seen = seen.clone();
            async move { seen.send(name) }
        });
        match name {
            Some(name) => subscribe.subscription(name),
            None => subscribe,
        }
    };
    let _workers = (
        subscribe(None).start().await?,
        subscribe(Some("audit")).start().await?,
    );
    assert_eq!(subscriber.post(&plain("a", 7)).await, (200, None));
    let mut names = [handled.recv().await, handled.recv().await];
    names.sort_unstable();
    assert_eq!(names, [Some(None), Some(Some("audit"))]);
    Ok(())
}

#[tokio::test]
async fn callbacks_are_for_events_over_http() -> Result<()> {
    let error = Client::builder()
        .build()?
        .events()
        .callbacks("shipping")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    Ok(())
}
