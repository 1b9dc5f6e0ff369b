//! What we publish, as another library reads it.

use std::time::Duration;

use serde_json::{Value, json};
use trunkline::{Delivery, EventFormat, HandlerError, Priority};

use crate::peer::{self, Listener};

/// What the listener gets of an event with everything set; a subscription of ours has made the exchange before.
async fn received(format: EventFormat, exchange: &str, key: &str) -> Option<Value> {
    let url = peer::url().await?;
    let client = peer::ours(&url, format);
    let events = client.events();
    let ignore = |_: Delivery<Value>| async { Ok::<(), HandlerError>(()) };
    let worker = events
        .subscribe("ours")
        .on_named("order_paid", ignore)
        .start()
        .await;
    let listener = Listener::start(&url, exchange, key).await;
    let published = events
        .publish_named("order_paid", &json!({ "user": "ü", "amount": 7 }))
        .id("paid-1")
        .priority(Priority::High)
        .correlation_id("c-1")
        .await;
    published.expect("confirmed");
    let message = listener.message().await;
    let grace = Duration::from_secs(5);
    worker.expect("declared").shutdown(grace).await.expect("settled");
    client.shutdown(grace).await;
    assert_eq!(message["content_type"], "application/json");
    assert_eq!(message["delivery_mode"], 2);
    assert_eq!(message["message_id"], "paid-1");
    assert_eq!(message["correlation_id"], "c-1");
    Some(message)
}

#[tokio::test]
async fn a_cloud_event_has_its_attributes_in_headers_and_the_data_as_body() {
    let Some(message) = received(EventFormat::CloudEvents, "trunkline.events.high", "#").await else {
        return;
    };
    assert_eq!(message["key"], "all.orders.order_paid");
    assert_eq!(message["body"], json!({ "user": "ü", "amount": 7 }));
    let headers = &message["headers"];
    assert_eq!(headers["cloudEvents_specversion"], "1.0");
    assert_eq!(headers["cloudEvents_id"], "paid-1");
    assert_eq!(headers["cloudEvents_source"], "orders");
    assert_eq!(headers["cloudEvents_type"], "order_paid");
    assert_eq!(
        (&message["type"], &message["app_id"]),
        (&json!("order_paid"), &json!("orders"))
    );
    assert_eq!(message["priority"], 7);
}

#[tokio::test]
async fn family_a_gets_its_json_under_source_and_name() {
    let Some(message) = received(EventFormat::FamilyA, "microservices", "#").await else {
        return;
    };
    assert_eq!(message["key"], "orders.order_paid");
    assert_eq!(message["priority"], 3);
    let body = &message["body"];
    assert_eq!(body["id"], "paid-1");
    assert_eq!(body["type"], "order_paid");
    assert_eq!(body["source_service"], "orders");
    assert_eq!(body["target_service"], Value::Null);
    assert_eq!(body["data"], json!({ "user": "ü", "amount": 7 }));
    assert_eq!((&body["priority"], &body["retry_count"]), (&json!(3), &json!(0)));
    assert_eq!(body["correlation_id"], "c-1");
}

#[tokio::test]
async fn family_b_gets_its_json_under_the_name() {
    let Some(message) = received(EventFormat::FamilyB, "aury.events", "#").await else {
        return;
    };
    assert_eq!(message["key"], "order_paid");
    let body = &message["body"];
    assert_eq!(body["id"], "paid-1");
    assert_eq!(body["event_name"], "order_paid");
    assert_eq!(body["data"], json!({ "user": "ü", "amount": 7 }));
    assert!(body["metadata"].is_object());
}
