//! What another library publishes, as we read it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use trunkline::{Delivery, EventFormat, HandlerError, Priority};

use crate::peer;

/// The event that they published, and that there was nothing more.
async fn received(format: EventFormat, theirs: &str) -> Option<Delivery<Value>> {
    let url = peer::url().await?;
    let client = peer::ours(&url, format);
    let (sender, mut handled) = mpsc::channel(2);
    let forward = move |event: Delivery<Value>| {
        let sender = sender.clone();
        async move {
            let gone = |_| HandlerError::reject("nobody listens");
            sender.send(event).await.map_err(gone)
        }
    };
    let events = client.events();
    let worker = events
        .subscribe("orders")
        .on_named("order_paid", forward)
        .start()
        .await;
    peer::publish(&url, theirs, "order_paid", "paid-2").await;
    let event = handled.recv().await.expect("handled");
    let grace = Duration::from_secs(5);
    worker.expect("declared").shutdown(grace).await.expect("settled");
    client.shutdown(grace).await;
    assert!(handled.recv().await.is_none(), "once");
    assert_eq!(*event, json!({ "user": "ü", "amount": 7 }));
    assert_eq!(
        (event.id(), event.name(), event.attempt()),
        ("paid-2", "order_paid", 1)
    );
    Some(event)
}

#[tokio::test]
async fn a_cloud_event_is_handled() {
    let Some(event) = received(EventFormat::CloudEvents, "cloudevents").await else {
        return;
    };
    assert_eq!(event.source(), "billing");
}

#[tokio::test]
async fn an_event_of_an_older_publisher_of_family_a_is_handled() {
    let Some(event) = received(EventFormat::FamilyA, "a").await else {
        return;
    };
    assert_eq!((event.source(), event.priority()), ("billing", Priority::High));
    assert_eq!(event.correlation_id(), Some("c-1"));
}

#[tokio::test]
async fn an_event_of_family_b_is_handled() {
    let Some(event) = received(EventFormat::FamilyB, "b").await else {
        return;
    };
    assert_eq!(event.priority(), Priority::Normal);
}
