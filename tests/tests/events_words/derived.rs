//! `#[derive(Event)]`: what the attribute says is what is published and handled.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trunkline::testing::RecordingEvents;
use trunkline::{Client, Delivery, Event, Priority, Result};
use trunkline_tests::events::{SECOND, client};

#[derive(Serialize, Deserialize, Event)]
#[event("order.paid", version = 1)]
struct Paid {
    order: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("order.paid", version = 2)]
struct PaidInFull {
    order: u32,
    cents: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("model_retired", target = "agents", priority = "critical")]
#[serde(tag = "why", rename_all = "snake_case")]
enum Retired {
    Replaced { by: String },
    Unused,
}

#[derive(Serialize, Event)]
#[event("said")]
struct Said<'a> {
    text: &'a str,
}

#[derive(Serialize, Deserialize, Event)]
#[event("offer", target = "shoppers", expires = "1ms")]
struct Offer;

#[derive(Serialize, Deserialize, Event)]
#[event("changed")]
struct Changed<T> {
    to: T,
}

#[tokio::test(start_paused = true)]
async fn an_enum_is_published_with_its_target_and_its_priority() -> Result<()> {
    let recording = RecordingEvents::new();
    let events = Client::builder().record_events(&recording).build()?.events();
    events.publish(&Retired::Unused).await?;
    let replaced = Retired::Replaced { by: "large".into() };
    events
        .publish(&replaced)
        .priority(Priority::Low)
        .target("audit")
        .await?;
    let published = recording.published();
    assert_eq!(published[0].name(), "model_retired");
    assert_eq!(
        (published[0].target(), published[0].priority()),
        (Some("agents"), Priority::Urgent)
    );
    assert_eq!(published[0].json::<Value>()?, json!({ "why": "unused" }));
    assert_eq!(
        (published[1].target(), published[1].priority()),
        (Some("audit"), Priority::Low)
    );
    assert_eq!(
        published[1].json::<Value>()?,
        json!({ "why": "replaced", "by": "large" })
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_version_is_handled_as_its_type() -> Result<()> {
    let events = client().events();
    let (sender, mut handled) = tokio::sync::mpsc::unbounded_channel();
    let paid = sender.clone();
    let worker = events
        .subscribe("shipping")
        .on(move |event: Delivery<Paid>| {
            let sent = paid.send((event.order, None));
            async move { sent }
        })
        .on(move |event: Delivery<PaidInFull>| {
            let sent = sender.send((event.order, Some(event.cents)));
            async move { sent }
        })
        .concurrency(1)
        .start()
        .await?;
    events.publish(&PaidInFull { order: 1, cents: 950 }).await?;
    events.publish(&Paid { order: 2 }).await?;
    assert_eq!(handled.recv().await, Some((1, Some(950))));
    assert_eq!(handled.recv().await, Some((2, None)));
    worker.shutdown(SECOND).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_past_its_expiry_is_not_handled() -> Result<()> {
    let events = client().events();
    events.publish(&Offer).id("late").await?;
    let published = SystemTime::now();
    while published.elapsed().unwrap_or_default() < Duration::from_millis(2) {
        tokio::task::yield_now().await;
    }
    let (sender, mut handled) = tokio::sync::mpsc::unbounded_channel();
    let worker = events
        .subscribe("shoppers")
        .on(|_: Delivery<Offer>| async { Err::<(), _>(std::io::Error::other("an old offer")) })
        .on(move |event: Delivery<Paid>| {
            let sent = sender.send(event.order);
            async move { sent }
        })
        .concurrency(1)
        .start()
        .await?;
    events.publish(&Paid { order: 1 }).target("shoppers").await?;
    assert_eq!(handled.recv().await, Some(1));
    let dead = events.dead("shoppers").list().await?;
    assert_eq!((dead.len(), dead[0].id()), (1, "late"));
    assert!(
        dead[0].reason().starts_with("the event expired at "),
        "{}",
        dead[0].reason()
    );
    worker.shutdown(SECOND).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_borrows_and_what_is_generic_is_published_too() -> Result<()> {
    let recording = RecordingEvents::new();
    let events = Client::builder().record_events(&recording).build()?.events();
    let text = String::from("hello");
    events.publish(&Said { text: &text }).await?;
    events.publish(&Changed { to: [1, 2] }).await?;
    let published = recording.published();
    assert_eq!(
        (published[0].name(), published[0].json::<Value>()?),
        ("said", json!({ "text": "hello" }))
    );
    assert_eq!(
        (published[1].name(), published[1].json::<Value>()?),
        ("changed", json!({ "to": [1, 2] }))
    );
    Ok(())
}
