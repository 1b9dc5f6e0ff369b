//! What a handler is given, and what keeps an event from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::sleep;
use trunkline::{Context, Delivery, ErrorKind, Event, HandlerError, Inbox, Result, context};
use trunkline_tests::events::{Log, Paid, SECOND, client};

/// event fault 24 on `memory:`, without outbox and restart
#[tokio::test(start_paused = true)]
async fn the_trace_of_the_publisher_reaches_the_handler_and_what_it_publishes() -> Result<()> {
    let events = client().events();
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let inner = events.clone();
    let seen = sender.clone();
    let _first = events
        .subscribe("shipping")
        .ladder([SECOND])
        .on(move |event: Delivery<Paid>| {
            let events = inner.clone();
            let _ = seen.send((event.context().trace_id().to_owned(), context::trace_id()));
            async move {
                if event.attempt() < 4 {
                    return Err(HandlerError::retry("not yet"));
                }
                events.publish_named("shipped", &event.order).await?;
                Ok(())
            }
        })
        .start()
        .await?;
    let _second = events
        .subscribe("mail")
        .on_named("shipped", move |event| {
            let _ = sender.send((event.context().traceparent(), context::trace_id()));
            async { Ok::<(), HandlerError>(()) }
        })
        .start()
        .await?;
    let scope = Context::new().with_trace_id("order-17");
    let traceparent = scope.traceparent();
    let trace = &traceparent[3..35];
    context::scope(scope.with_timeout(SECOND), async {
        events.publish(&Paid { order: 17 }).await
    })
    .await?;
    for _ in 0..4 {
        let (trace_id, current) = received.recv().await.unwrap();
        assert_eq!(
            (trace_id.as_str(), current.as_deref()),
            ("order-17", Some("order-17"))
        );
    }
    let (traceparent, current) = received.recv().await.unwrap();
    assert_eq!(
        (&traceparent[3..35], current.as_deref()),
        (trace, Some("order-17"))
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_handlers_time_is_the_deadline_of_its_calls() -> Result<()> {
    let events = client().events();
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let _worker = events
        .subscribe("shipping")
        .handler_timeout(5 * SECOND)
        .on(move |event: Delivery<Paid>| {
            let remaining = context::current().and_then(|context| context.remaining());
            let sent = sender.send(remaining);
            async move {
                drop(event);
                sent
            }
        })
        .start()
        .await?;
    events.publish(&Paid { order: 1 }).await?;
    assert_eq!(received.recv().await.unwrap(), Some(5 * SECOND));
    Ok(())
}

async fn handled_of_two(inbox: Inbox) -> usize {
    let events = client().events();
    let log = Log::start();
    let logged = log.clone();
    let subscribe = events
        .subscribe("shipping")
        .inbox(inbox)
        .on(move |event: Delivery<Paid>| {
            logged.push(&event);
            async {
                sleep(SECOND).await;
                Ok::<(), HandlerError>(())
            }
        });
    let _worker = subscribe.start().await.unwrap();
    for _ in 0..2 {
        events.publish(&Paid { order: 1 }).id("same").await.unwrap();
    }
    sleep(10 * SECOND).await;
    log.all().len()
}

/// event fault 18 on `memory:`
#[tokio::test(start_paused = true)]
async fn an_event_that_comes_again_is_handled_once() {
    assert_eq!(handled_of_two(Inbox::default()).await, 1);
    assert_eq!(handled_of_two(Inbox::off()).await, 2);
}

#[tokio::test(start_paused = true)]
async fn as_many_are_handled_at_the_same_time_as_the_concurrency_says() -> Result<()> {
    for (concurrency, prefetch, expected) in [(3, 100, 3), (8, 2, 2)] {
        let events = client().events();
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let counts = (Arc::clone(&running), Arc::clone(&most));
        let subscribe = events
            .subscribe("shipping")
            .concurrency(concurrency)
            .prefetch(prefetch);
        let subscribe = subscribe.on(move |_: Delivery<Paid>| {
            let (running, most) = counts.clone();
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                sleep(SECOND).await;
                running.fetch_sub(1, Ordering::Relaxed);
                Ok::<(), HandlerError>(())
            }
        });
        let _worker = subscribe.start().await?;
        let _ = events.publish_all((0..20).map(|order| Paid { order })).await;
        sleep(20 * SECOND).await;
        assert_eq!(most.load(Ordering::Relaxed), expected);
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct PaidV2 {
    order: u64,
    currency: String,
}

impl Event for PaidV2 {
    const NAME: &'static str = "order.paid";
    const VERSION: u32 = 2;
}

/// Expired as soon as it is published: the clock that it expires by cannot be paused.
#[derive(Serialize)]
struct Late;

impl Event for Late {
    const NAME: &'static str = "order.paid";
    const EXPIRES: Option<Duration> = Some(Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn each_version_goes_to_its_handler() -> Result<()> {
    let events = client().events();
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let (first, second) = (sender.clone(), sender);
    let _worker = events
        .subscribe("shipping")
        .on(move |event: Delivery<Paid>| {
            let sent = first.send(u64::from(event.order));
            async move { sent }
        })
        .on_named("order.paid", move |event| {
            let sent = second.send(event["order"].as_u64().unwrap_or_default() * 100);
            async move { sent }
        })
        .start()
        .await?;
    events.publish(&Paid { order: 1 }).await?;
    assert_eq!(received.recv().await, Some(1));
    events
        .publish(&PaidV2 {
            order: 2,
            currency: "EUR".into(),
        })
        .await?;
    assert_eq!(received.recv().await, Some(200));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_no_handler_can_take_is_dead_at_once() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let logged = log.clone();
    let subscribe = |log: Log| {
        events.subscribe("shipping").on(move |event: Delivery<Paid>| {
            log.push(&event);
            async { Ok::<(), HandlerError>(()) }
        })
    };
    // Another member binds a name that the later one does not handle.
    let other = events
        .subscribe("shipping")
        .on_named("other", |_| async { Ok::<(), HandlerError>(()) });
    other.start().await?.shutdown(SECOND).await?;
    events
        .publish_named("other", &json!({}))
        .target("shipping")
        .id("unknown")
        .await?;
    events
        .publish_named("order.paid", &json!({ "order": "1" }))
        .target("shipping")
        .id("undecodable")
        .await?;
    events.publish(&Late).target("shipping").id("expired").await?;
    let _worker = subscribe(logged).start().await?;
    sleep(SECOND).await;
    let dead = events.dead("shipping").list().await?;
    let found: Vec<(&str, u32)> = dead
        .iter()
        .map(|letter| (letter.id(), letter.attempts()))
        .collect();
    assert_eq!(found, [("unknown", 0), ("undecodable", 1), ("expired", 0)]);
    assert_eq!(dead[0].reason(), "no handler for `other`");
    assert!(
        dead[1]
            .reason()
            .starts_with("the event does not decode at `order`: "),
        "{}",
        dead[1].reason()
    );
    assert!(
        dead[2].reason().starts_with("the event expired at "),
        "{}",
        dead[2].reason()
    );
    assert!(log.all().is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_unknown_version_is_dead_at_once() -> Result<()> {
    #[derive(Serialize)]
    struct PaidV3;
    impl Event for PaidV3 {
        const NAME: &'static str = "order.paid";
        const VERSION: u32 = 3;
    }
    let events = client().events();
    let subscribe = events
        .subscribe("shipping")
        .on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) });
    let _worker = subscribe.start().await?;
    events.publish(&PaidV3).await?;
    sleep(SECOND).await;
    let dead = events.dead("shipping").list().await?;
    assert_eq!(dead[0].reason(), "no handler for version 3 of `order.paid`");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_cannot_be_is_refused() {
    let events = client().events();
    let handle = |_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) };
    let check = async |subscribe: trunkline::Subscribe, expected: &str| {
        let error = subscribe.start().await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Config, expected));
    };
    let some = |group: &str| events.subscribe(group).on(handle);
    check(events.subscribe("a"), "expected a handler, by `on` or `on_named`").await;
    check(
        some("a").on(handle),
        "two handlers for the event `order.paid`: expected one for a version",
    )
    .await;
    check(some("all"), "group `all`: the name stands for every service").await;
    check(some(""), "group \"\": expected 1 to 128 visible ASCII characters").await;
    check(
        some("a").subscription("high"),
        "subscription `high`: expected another name than `dead` and `high`, which queues of each group have",
    )
    .await;
    check(some("a").concurrency(0), "concurrency 0: expected 1 to 1024").await;
    check(
        some("a").prefetch(100_000),
        "prefetch 100000: expected 1 to 65535",
    )
    .await;
    check(
        some("a").ladder([Duration::ZERO]),
        "ladder of a step of 0ns: expected 1 ms to 24 h",
    )
    .await;
    check(
        some("a").handler_timeout(Duration::ZERO),
        "handler timeout 0ns: expected 1 ms to 24 h",
    )
    .await;
}
