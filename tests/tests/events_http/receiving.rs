//! Events that the messaging service sends to the subscriber's own server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use trunkline::context::trace_id;
use trunkline::http::Method;
use trunkline::{
    Client, Delivery, ErrorKind, HandlerError, Inbox, Priority, Raw, Reply, Result, ServiceClient, Subscribe,
};
use trunkline_tests::events::Paid;
use trunkline_tests::server::{client_of, serve};

use super::messaging::Messaging;

const SOON: Duration = Duration::from_secs(30);

/// A subscriber: its client, and its server as the messaging service calls it.
struct Subscriber {
    _messaging: Messaging,
    client: Client,
    server: ServiceClient,
}

impl Subscriber {
    async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(settings: impl FnOnce(trunkline::ClientBuilder) -> trunkline::ClientBuilder) -> Self {
        let messaging = Messaging::start().await;
        let client = settings(messaging.client()).build().expect("legal settings");
        let callbacks = client
            .events()
            .callbacks("shipping")
            .expect("events go over HTTP");
        let url = serve(Router::new().nest_service("/internal/events", callbacks)).await;
        Self {
            _messaging: messaging,
            client,
            server: client_of("shipping", &url).service("shipping"),
        }
    }

    fn subscribe(&self) -> Subscribe {
        self.client.events().subscribe("shipping")
    }

    /// What the server answers to this body: status and reply.
    async fn post(&self, body: &Value) -> (u16, Option<u64>) {
        self.post_raw(&body.to_string()).await
    }

    async fn post_raw(&self, body: &str) -> (u16, Option<u64>) {
        let call = self
            .server
            .post("/internal/events/order.paid")
            .body(body.to_owned());
        outcome(
            call.header("content-type", "application/json")
                .retries(0)
                .send()
                .await,
        )
    }
}

/// The status, and the seconds of `Retry-After`.
fn outcome(reply: Result<Reply<Raw>>) -> (u16, Option<u64>) {
    match reply {
        Ok(reply) => (reply.status().as_u16(), None),
        Err(error) => {
            let status = error.status_code().expect("an answer");
            (status, error.retry_after().map(|after| after.as_secs()))
        }
    }
}

fn plain(id: &str, order: u32) -> Value {
    json!({
        "event_type": "order.paid", "data": { "order": order }, "target_service": null, "priority": "normal",
        "timestamp": "2026-01-02T03:04:05+00:00", "event_id": id, "source_service": "orders", "correlation_id": null
    })
}

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
async fn an_event_that_fails_is_to_be_sent_again_until_its_ladder_ends() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (seen, mut attempts) = mpsc::unbounded_channel();
    let is_well = Arc::new(AtomicBool::new(false));
    let well = Arc::clone(&is_well);
    let subscribe = subscriber.subscribe().on(move |event: Delivery<Paid>| {
        seen.send(event.attempt()).expect("the test listens");
        let is_well = well.load(Ordering::Relaxed);
        async move {
            if is_well {
                Ok(())
            } else {
                Err(std::io::Error::other("no stock"))
            }
        }
    });
    let ladder = [Duration::from_millis(1500), Duration::from_secs(4)];
    let _worker = subscribe.ladder(ladder).start().await?;
    assert_eq!(subscriber.post(&plain("a", 7)).await, (503, Some(2)));
    assert_eq!(subscriber.post(&plain("a", 7)).await, (503, Some(4)));
    assert_eq!(subscriber.post(&plain("a", 7)).await, (422, None));
    let made: Vec<u32> = std::iter::from_fn(|| attempts.try_recv().ok()).collect();
    assert_eq!(made, [1, 2, 3, 4, 5]);

    let dead = subscriber.client.events().dead("shipping");
    let [letter] = &dead.list().await?[..] else {
        panic!("one letter")
    };
    assert_eq!(
        (letter.id(), letter.attempts(), letter.reason()),
        ("a", 5, "no stock")
    );
    is_well.store(true, Ordering::Relaxed);
    assert!(dead.replay("a").await?);
    assert_eq!(
        tokio::time::timeout(SOON, attempts.recv())
            .await
            .expect("it is replayed"),
        Some(1)
    );
    assert!(dead.list().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_panic_and_a_rejection_are_what_they_are_elsewhere() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let subscribe = subscriber.subscribe().on(|event: Delivery<Paid>| async move {
        match event.order {
            1 => panic!("a bug"),
            2 => Err(HandlerError::reject("not ours")),
            _ => Ok(()),
        }
    });
    let _worker = subscribe.start().await?;
    assert_eq!(subscriber.post(&plain("a", 1)).await, (503, Some(1)));
    assert_eq!(subscriber.post(&plain("b", 2)).await, (422, None));
    assert_eq!(subscriber.post(&plain("c", 3)).await, (200, None));
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
async fn a_handler_that_is_dropped_lets_the_event_come_again() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (begun, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&begun), Arc::clone(&entered));
    let subscribe = subscriber.subscribe().on(move |_: Delivery<Paid>| {
        tell.notify_one();
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            Ok::<(), HandlerError>(())
        }
    });
    let worker = subscribe.start().await?;
    let event = plain("a", 7);
    let (answer, abandoned) = tokio::join!(subscriber.post(&event), async {
        begun.notified().await;
        worker
            .shutdown(Duration::ZERO)
            .await
            .expect("shut down")
            .abandoned
    });
    assert_eq!((answer, abandoned), ((503, Some(1)), 1));
    let subscribe = subscriber
        .subscribe()
        .on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) });
    let _worker = subscribe.start().await?;
    assert_eq!(subscriber.post(&event).await, (200, None));
    Ok(())
}

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
