//! Publishing: what is accepted, what is refused, and what the receipt says.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use trunkline::testing::RecordingEvents;
use trunkline::{
    Client, Delivery, Error, ErrorKind, Event, HandlerError, Priority, PublishFailure, Result, Stage, context,
};
use trunkline_tests::events::{Log, Paid, SECOND, client, events_at};

#[tokio::test(start_paused = true)]
async fn an_event_is_handled_with_all_that_is_said_of_it() -> Result<()> {
    let events = client().events();
    let (sender, mut handled) = tokio::sync::mpsc::channel(1);
    let worker = events
        .subscribe("shipping")
        .on(move |event: Delivery<Paid>| {
            let sender = sender.clone();
            async move { sender.send(event).await }
        })
        .start()
        .await?;
    let receipt = events
        .publish(&Paid { order: 7 })
        .target("shipping")
        .priority(Priority::High)
        .correlation_id("order-7")
        .header("tenant", "a")
        .await?;
    let event = handled.recv().await.unwrap();
    assert_eq!((event.id(), receipt.stage()), (receipt.id(), Stage::Confirmed));
    assert_eq!((event.name(), event.source()), ("order.paid", "orders"));
    assert_eq!(
        (event.target(), event.priority()),
        (Some("shipping"), Priority::High)
    );
    assert_eq!((event.attempt(), event.order), (1, 7));
    assert_eq!(
        (event.correlation_id(), event.header("tenant")),
        (Some("order-7"), Some("a"))
    );
    assert_eq!(worker.shutdown(SECOND).await?.abandoned, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_type_says_holds_unless_the_publisher_says_otherwise() -> Result<()> {
    #[derive(Serialize)]
    struct Alarm;
    impl Event for Alarm {
        const NAME: &'static str = "alarm";
        const TARGET: Option<&'static str> = Some("guards");
        const PRIORITY: Priority = Priority::Urgent;
    }
    let recording = RecordingEvents::new();
    let events = Client::builder().record_events(&recording).build()?.events();
    events.publish(&Alarm).await?;
    events
        .publish(&Alarm)
        .target("police")
        .priority(Priority::Low)
        .id("a-1")
        .await?;
    let published = recording.published();
    assert_eq!(
        (published[0].target(), published[0].priority()),
        (Some("guards"), Priority::Urgent)
    );
    assert_eq!(
        (published[1].target(), published[1].priority()),
        (Some("police"), Priority::Low)
    );
    assert_eq!(
        (published[1].id(), published[1].json::<Value>()?),
        ("a-1", Value::Null)
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_publish_can_be_stored_and_spawned_and_carries_its_context() -> Result<()> {
    let recording = RecordingEvents::new();
    let client = Client::builder().record_events(&recording).build()?;
    let events = client.events();
    let publish = {
        let borrowed = Paid { order: 1 };
        events.publish(&borrowed)
    };
    drop(events.publish_named("never", &json!({})));
    let receipt = tokio::spawn(publish).await.unwrap()?;
    receipt.confirmed().await?;
    assert_eq!(recording.published().len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn ids_are_in_the_order_of_their_events() -> Result<()> {
    let events = client().events();
    let receipts: Vec<_> = events.publish_all((0..2000).map(|order| Paid { order })).await;
    let ids: Vec<String> = receipts
        .into_iter()
        .map(|receipt| receipt.unwrap().id().to_owned())
        .collect();
    assert_eq!(ids.len(), 2000);
    assert!(ids.is_sorted());
    Ok(())
}

/// No publish has to wait here, and still no other task does for long.
#[tokio::test(start_paused = true)]
async fn whoever_publishes_on_and_on_lets_others_run() -> Result<()> {
    let events = client().events();
    let (sender, mut ran) = tokio::sync::oneshot::channel();
    tokio::spawn(async move { sender.send(()) });
    let mut published = 0;
    while ran.try_recv().is_err() {
        events.publish(&Paid { order: published }).await?;
        published += 1;
        assert!(published < 1000, "nobody else ran");
    }
    assert!(
        published > 1,
        "a publish that need not wait does not give up its turn"
    );
    Ok(())
}

fn check(error: &Error, kind: ErrorKind, message: &str) {
    assert_eq!((error.kind(), error.message()), (kind, message), "{error}");
    assert!(error.event_id().is_some(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_is_refused_before_anything_is_accepted() {
    struct Odd;
    impl Serialize for Odd {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("odd"))
        }
    }
    let client = client();
    let events = client.events();
    let paid = || events.publish(&Paid { order: 1 });
    let refused = async |publish: trunkline::Publish, message: &str| {
        check(&publish.await.unwrap_err(), ErrorKind::Request, message);
    };
    refused(events.publish_named("odd", &Odd), "JSON body: odd").await;
    refused(
        paid().target("all"),
        "target `all`: the name stands for every service",
    )
    .await;
    refused(
        paid().id("two words"),
        "id: expected 1 to 128 visible ASCII characters",
    )
    .await;
    refused(
        paid().header("traceparent", "x"),
        "header `traceparent`: the name has a meaning of its own",
    )
    .await;
    refused(
        events.publish_named("", &json!(1)),
        "event name \"\": expected 1 to 128 visible ASCII characters",
    )
    .await;
    refused(
        paid().routing_key("x".repeat(256)),
        "target, source and event name or the routing key: 256 bytes, expected 1 to 255",
    )
    .await;
    assert_eq!(client.metrics().events.accepted, 0);
    assert!(events.unrouted().list().await.unwrap().is_empty());
}

/// event fault 13 on `memory:`
#[tokio::test(start_paused = true)]
async fn an_event_that_is_too_large_fails_alone() {
    let events = client().events();
    let large = "x".repeat(1024 * 1024);
    let before = events.publish(&Paid { order: 1 });
    let error = events.publish_named("large", &large).await.unwrap_err();
    check(
        &error,
        ErrorKind::Publish,
        "the event has 1048578 bytes: expected at most 1048576",
    );
    assert_eq!(error.publish_failure(), Some(PublishFailure::TooLarge));
    before.await.unwrap();
    let roomy = Client::builder()
        .max_event(2 * 1024 * 1024)
        .build()
        .unwrap()
        .events();
    roomy.publish_named("large", &large).await.unwrap();
}

/// event fault 6 on `memory:`
#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_at_the_deadline_and_keeps_what_it_has() {
    let events = events_at("memory:?events=10");
    let target = |order| events.publish(&Paid { order }).target("later");
    for order in 0..10 {
        target(order).await.unwrap();
    }
    let started = Instant::now();
    let error = target(10).id("mine").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.publish_failure()),
        (ErrorKind::Publish, Some(PublishFailure::Refused))
    );
    assert_eq!(error.event_id(), Some("mine"));
    assert!(
        started.elapsed() > 28 * SECOND && started.elapsed() <= 30 * SECOND,
        "{:?}",
        started.elapsed()
    );

    let context = context::Context::new().with_timeout(2 * SECOND);
    let started = Instant::now();
    context::scope(context, async { target(11).await })
        .await
        .unwrap_err();
    assert!(started.elapsed() <= 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_publish_waits_for_room() -> Result<()> {
    let events = events_at("memory:?events=10");
    let publishes = (0..50).map(|order| tokio::spawn(events.publish(&Paid { order }).target("slow")));
    let publishes: Vec<_> = publishes.collect();
    tokio::task::yield_now().await;
    let log = Log::start();
    let worker = events
        .subscribe("slow")
        .on({
            let log = log.clone();
            move |event: Delivery<Paid>| {
                log.push(&event);
                async {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    Ok::<(), HandlerError>(())
                }
            }
        })
        .start()
        .await?;
    for publish in publishes {
        publish.await.unwrap()?;
    }
    log.wait_for(50).await;
    let mut orders = log.orders();
    orders.sort_unstable();
    assert_eq!(orders, (0..50).collect::<Vec<_>>());
    worker.shutdown(SECOND).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_address_that_nobody_speaks_is_an_error_of_events_alone() -> Result<()> {
    let address = "kafka://guest:secret@broker";
    let error = Client::builder().events(address).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.to_string().contains("secret"), "{error}");
    // The environment of a service may say of events what this client does not need.
    let client = Client::builder()
        .env_from([("MESSAGING_URL", "https://messaging?dialect=none")])?
        .build()?;
    let error = client.events().publish(&Paid { order: 1 }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(client.events().dead("a").list().await.is_err());
    Ok(())
}

/// event fault 11 on `memory:`
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_publish_through_one_handle_gets_its_own_outcome() -> Result<()> {
    const TASKS: u32 = 16;
    const EACH: u32 = 250;
    let events = events_at("memory:?events=20000");
    // Half of all go to a queue that is full already.
    let blocked = Client::builder().events("memory:?events=1").build()?.events();
    blocked.publish(&Paid { order: 0 }).target("full").await?;
    let publish = |task: u32| {
        let (events, blocked) = (events.clone(), blocked.clone());
        async move {
            let context = context::Context::new().with_timeout(Duration::ZERO);
            let each = async {
                let mut wrong = 0;
                for order in (0..EACH).map(|number| task * EACH + number) {
                    let (id, is_refused) = (order.to_string(), order % 2 == 1);
                    let events = if is_refused { &blocked } else { &events };
                    let publish = events.publish(&Paid { order }).target("full").id(&id);
                    wrong += match publish.await {
                        Ok(receipt) => u32::from(is_refused || receipt.id() != id),
                        Err(error) => u32::from(!is_refused || error.event_id() != Some(&*id)),
                    };
                }
                wrong
            };
            context::scope(context, each).await
        }
    };
    let tasks: Vec<_> = (0..TASKS).map(|task| tokio::spawn(publish(task))).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 0);
    }
    assert_eq!(events.dead("full").list().await?.len(), 0);
    Ok(())
}
