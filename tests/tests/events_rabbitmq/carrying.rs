//! Publishing, handling and settling where nothing is broken.

use serde_json::{Value, json};
use trunkline::{Delivery, EventsState, HandlerError, PublishFailure, Stage};
use trunkline_tests::{broker, traces};

use crate::support::{PATIENCE, SECOND, Tally, builder, client, numbered, start, tallying, unique};

#[tokio::test]
async fn what_is_published_is_confirmed_and_handled() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url);
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let worker = start(tallying(&events, &group, &tally)).await;
    let receipt = events
        .publish(&numbered(7))
        .target(&group)
        .await
        .expect("confirmed");
    assert_eq!(receipt.stage(), Stage::Confirmed);
    tally.wait_for(1, PATIENCE).await;
    assert_eq!(events.state().expect("configured"), EventsState::Up);
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test]
async fn spans_say_that_rabbitmq_carries_the_event() {
    let Some(url) = broker::url().await else { return };
    traces::start();
    let client = client(&url);
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let worker = start(tallying(&events, &group, &tally)).await;
    let sent = events.publish(&numbered(7)).target(&group).id("seven").await;
    sent.expect("confirmed");
    tally.wait_for(1, PATIENCE).await;
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
    for name in ["publish", "process"] {
        let spans = traces::spans(name);
        assert_eq!(spans.len(), 1, "{name}");
        assert_eq!(spans[0].field("messaging.system"), Some("rabbitmq"), "{name}");
        assert_eq!(spans[0].field("messaging.message.id"), Some("seven"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_carried_in_order_of_their_publishing() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url);
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let worker = start(tallying(&events, &group, &tally).concurrency(1)).await;
    let publishes = (0..2000).map(|number| events.publish(&numbered(number)).target(&group));
    let sent: Vec<_> = publishes.map(tokio::spawn).collect();
    for sent in sent {
        sent.await.expect("no panic").expect("confirmed");
    }
    tally.wait_for(2000, PATIENCE).await;
    assert_eq!(tally.total(), 2000);
    let metrics = client.metrics().events;
    assert_eq!(
        (metrics.accepted, metrics.confirmed, metrics.failed),
        (2000, 2000, 0)
    );
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test]
async fn an_event_arrives_as_it_was_published() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url);
    let (events, group) = (client.events(), unique("group"));
    let (sender, mut received) = tokio::sync::mpsc::channel(1);
    let handler = move |event: Delivery<Value>| {
        let sender = sender.clone();
        async move {
            sender
                .send(event)
                .await
                .map_err(|_| HandlerError::reject("nobody listens"))
        }
    };
    let worker = start(events.subscribe(&group).on_named("user_action", handler)).await;
    let publish = events.publish_named("user_action", &json!({ "user": "ü" }));
    let publish = publish
        .target(&group)
        .id("action-1")
        .correlation_id("c-1")
        .header("x-tenant", "t");
    publish.await.expect("confirmed");
    let event = received.recv().await.expect("handled");
    assert_eq!(
        (event.id(), event.source(), event.attempt()),
        ("action-1", "orders", 1)
    );
    assert_eq!(event["user"], "ü");
    assert_eq!(event.correlation_id(), Some("c-1"));
    assert_eq!(event.header("x-tenant"), Some("t"));
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test]
async fn without_a_broker_a_publish_ends_with_its_id() {
    // Nobody listens on port 1.
    let client = builder("amqp://guest:secret@127.0.0.1:1").build().expect("legal");
    let deadline = tokio::time::Instant::now() + SECOND;
    let context = trunkline::Context::new().with_timeout(SECOND);
    let publish = trunkline::context::scope(context, async {
        client.events().publish(&numbered(1)).id("one").await
    });
    let error = publish.await.expect_err("nobody is there");
    assert_eq!(error.publish_failure(), Some(PublishFailure::Unreached));
    assert_eq!(error.event_id(), Some("one"));
    assert!(deadline.elapsed() < SECOND, "{:?}", deadline.elapsed());
    let state = client.events().state().expect("configured").to_string();
    assert!(!state.contains("secret"), "{state}");
    client.shutdown(SECOND).await;
}
