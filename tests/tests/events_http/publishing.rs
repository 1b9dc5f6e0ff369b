//! What a published event is on its way to the messaging service.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use trunkline::context::{Context, scope};
use trunkline::{
    Client, ErrorKind, Event, MessagingDialect, Priority, PublishFailure, Result, ServiceConfig, Stage,
};
use trunkline_tests::events::Paid;

use super::messaging::Messaging;

#[derive(Serialize)]
struct Moved {
    to: &'static str,
}

impl Event for Moved {
    const NAME: &'static str = "moved";
    const VERSION: u32 = 2;
    const EXPIRES: Option<Duration> = Some(Duration::from_secs(3600));
}

#[tokio::test]
async fn the_plain_dialect_is_as_its_services_read_it() -> Result<()> {
    let messaging = Messaging::start().await;
    let publish = messaging.events().publish(&Paid { order: 7 });
    let receipt = publish
        .id("paid-7")
        .target("shipping")
        .priority(Priority::High)
        .correlation_id("cart-1")
        .await?;
    assert_eq!((receipt.id(), receipt.stage()), ("paid-7", Stage::Confirmed));
    let [arrived] = &messaging.published()[..] else {
        panic!("one request");
    };
    let mut body = arrived.body.clone();
    let time = body["timestamp"].take();
    assert!(
        time.as_str().is_some_and(|time| time.ends_with("+00:00")),
        "{time}"
    );
    assert_eq!(
        body,
        json!({
            "event_type": "order.paid", "data": { "order": 7 }, "target_service": "shipping", "priority": "high",
            "timestamp": null, "event_id": "paid-7", "source_service": "orders", "correlation_id": "cart-1"
        })
    );
    assert_eq!(arrived.path, "/api/events/publish");
    assert_eq!(arrived.header("content-type"), "application/json");
    assert_eq!(arrived.header("idempotency-key"), "paid-7");
    assert_eq!(arrived.header("x-service-name"), "messaging");
    assert_eq!(arrived.header("x-caller-service"), "orders");
    Ok(())
}

#[tokio::test]
async fn the_other_dialect_is_chosen_by_the_address_or_by_the_builder() -> Result<()> {
    let messaging = Messaging::start().await;
    let by_address = format!("{}?dialect=v1", messaging.url());
    let by_address = Client::builder().name("orders").events(by_address).build()?;
    let by_builder = messaging
        .client()
        .messaging_dialect(MessagingDialect::V1)
        .build()?;
    for client in [by_address, by_builder] {
        let events = client.events();
        events
            .publish(&Paid { order: 7 })
            .id("a")
            .priority(Priority::Urgent)
            .await?;
        events
            .publish(&Paid { order: 8 })
            .id("b")
            .routing_key("mine.own.key")
            .await?;
    }
    let bodies: Vec<_> = messaging.published().into_iter().map(|one| one.body).collect();
    let body = |id: &str, order: u32, priority: u32, key: &str| {
        json!({
            "id": id, "type": "order.paid", "source_service": "orders", "target_service": null,
            "data": { "order": order }, "priority": priority, "correlation_id": null, "routing_key": key
        })
    };
    let expected = [
        body("a", 7, 4, "orders.order.paid"),
        body("b", 8, 2, "mine.own.key"),
    ];
    assert_eq!(bodies[..2], expected);
    assert_eq!(bodies[2..], expected);
    assert_eq!(messaging.published()[0].path, "/api/v1/events/publish");
    Ok(())
}

#[tokio::test]
async fn what_the_dialect_has_no_member_for_goes_along_where_there_is_something() -> Result<()> {
    let messaging = Messaging::start().await;
    let publish = messaging.events().publish(&Moved { to: "Rome" });
    publish.header("x-tenant", "a\"b").await?;
    let body = &messaging.published()[0].body;
    assert_eq!(
        (&body["version"], &body["headers"]),
        (&json!(2), &json!({ "x-tenant": "a\"b" }))
    );
    assert!(body["expires_at"].is_string());
    Ok(())
}

#[tokio::test]
async fn a_routing_key_that_the_dialect_cannot_say_is_refused() {
    let messaging = Messaging::start().await;
    let publish = messaging
        .events()
        .publish(&Paid { order: 7 })
        .routing_key("a.b.c");
    let error = publish.await.unwrap_err();
    assert_eq!(error.publish_failure(), Some(PublishFailure::Refused));
    assert!(error.to_string().contains("routing key"), "{error}");
    assert!(messaging.published().is_empty());
}

#[tokio::test]
async fn a_publish_is_a_call_of_the_service_messaging_in_the_trace_around() -> Result<()> {
    let messaging = Messaging::start().await;
    let client = messaging
        .client()
        .service(
            "messaging",
            ServiceConfig::new().api_key("secret").header("x-site", "a"),
        )
        .build()?;
    let context = Context::new()
        .with_trace_id("order-17")
        .with_timeout(Duration::from_secs(5));
    scope(context, async {
        client.events().publish(&Paid { order: 7 }).await
    })
    .await?;
    let arrived = &messaging.published()[0];
    assert_eq!(arrived.header("x-trace-id"), "order-17");
    assert_eq!(arrived.header("authorization"), "Bearer secret");
    assert_eq!(arrived.header("x-site"), "a");
    let left: u64 = arrived.header("x-request-timeout-ms").parse().expect("digits");
    assert!((1..=5_000).contains(&left), "{left}");
    let figures = client.metrics();
    let service = &figures.services[&format!("messaging@{}", messaging.url())];
    assert_eq!((service.total_calls, service.successful_calls), (1, 1));
    assert_eq!((figures.events.accepted, figures.events.confirmed), (1, 1));
    Ok(())
}

#[tokio::test]
async fn the_settings_of_the_service_may_name_its_instances() -> Result<()> {
    let (one, other) = (Messaging::start().await, Messaging::start().await);
    let instances = ServiceConfig::new().url(one.url()).url(other.url());
    let client = Client::builder()
        .events("http://messaging")
        .service("messaging", instances)
        .build()?;
    for order in 0..4 {
        client.events().publish(&Paid { order }).await?;
    }
    assert_eq!((one.published().len(), other.published().len()), (2, 2));
    Ok(())
}

#[test]
fn an_address_that_says_what_it_must_not_is_refused_without_its_password() {
    for (address, expected) in [
        ("http://m?dialect=v3", "`dialect=v3`: expected `plain` or `v1`"),
        ("http://m?x=1", "expected `dialect` or `callbacks`"),
        ("http://user:hunter2@m", "a credential is set with `api_key`"),
        ("http://m?callbacks=nowhere", "`nowhere`"),
    ] {
        let error = Client::builder().events(address).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn the_environment_chooses_address_and_dialect() -> Result<()> {
    let messaging = Messaging::start().await;
    let address = format!("{}?dialect=v1", messaging.url());
    let client = Client::builder()
        .env_from([("MESSAGING_URL", address)])?
        .build()?;
    client.events().publish(&Paid { order: 7 }).await?;
    assert_eq!(messaging.published()[0].path, "/api/v1/events/publish");
    Ok(())
}
