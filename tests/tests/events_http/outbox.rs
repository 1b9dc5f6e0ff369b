//! The outbox in front of the messaging service.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use trunkline::context::{Context, scope};
use trunkline::{Client, PublishFailure, Result, Stage};
use trunkline_tests::events::Paid;

use super::messaging::{Messaging, Reply, SOON};

/// The directory of one test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("trunkline-http-outbox-{}-{number}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn what_is_stored_while_the_messaging_service_is_away_is_sent_when_it_is_back() -> Result<()> {
    let folder = Folder::new();
    let messaging = Messaging::start().await;
    let builder = messaging.client().outbox(&folder.0);
    let address = messaging.stop().await;
    let client = builder.build()?;
    let context = Context::new().with_trace_id("order-17");
    let publish = scope(context, async {
        client.events().publish(&Paid { order: 7 }).id("paid-7").await
    });
    let receipt = publish.await?;
    assert_eq!(receipt.stage(), Stage::Stored);
    assert!(
        timeout(Duration::from_millis(300), receipt.confirmed())
            .await
            .is_err()
    );
    let messaging = Messaging::start_at(&address).await;
    timeout(SOON, receipt.confirmed()).await.expect("it is sent")?;
    let arrived = &messaging.published()[0];
    assert_eq!(
        (&arrived.body["event_id"], &arrived.body["data"]),
        (&json!("paid-7"), &json!({ "order": 7 }))
    );
    assert_eq!(arrived.header("x-trace-id"), "order-17");
    client.shutdown(SOON).await;
    Ok(())
}

#[tokio::test]
async fn only_what_the_service_says_of_the_event_itself_keeps_it_from_being_sent() -> Result<()> {
    let folder = Folder::new();
    let messaging = Messaging::start().await;
    let client = messaging.client().outbox(&folder.0).build()?;
    messaging.answer([Reply::new(401, ""), Reply::new(404, ""), Reply::new(202, "")]);
    let receipt = client.events().publish(&Paid { order: 7 }).await?;
    timeout(SOON, receipt.confirmed()).await.expect("it is sent")?;
    assert_eq!(messaging.published().len(), 4);

    messaging.answer([Reply::new(422, json!({ "detail": "no such type" }))]);
    let receipt = client.events().publish(&Paid { order: 8 }).id("bad").await?;
    let error = timeout(SOON, receipt.confirmed())
        .await
        .expect("it is decided")
        .unwrap_err();
    assert_eq!(error.publish_failure(), Some(PublishFailure::Refused));
    client.shutdown(SOON).await;
    drop(client);

    // What was said of it is on disk, beside the event.
    let client = messaging.client().outbox(&folder.0).build()?;
    let unsent = client.events().unsent();
    let [letter] = &unsent.list().await?[..] else {
        panic!("one letter")
    };
    assert_eq!(letter.id(), "bad");
    assert!(letter.reason().contains("no such type"), "{letter:?}");
    assert!(unsent.discard("bad").await?);
    client.shutdown(SOON).await;
    Ok(())
}

#[tokio::test]
async fn a_shutdown_leaves_what_was_not_sent_to_the_next_process() -> Result<()> {
    let folder = Folder::new();
    let messaging = Messaging::start().await;
    let url = messaging.url();
    let address = messaging.stop().await;
    let build = || {
        Client::builder()
            .name("orders")
            .events(&url)
            .outbox(&folder.0)
            .build()
    };
    let client = build()?;
    for order in 0..20 {
        client.events().publish(&Paid { order }).await?;
    }
    let started = std::time::Instant::now();
    client.shutdown(SOON).await;
    assert!(
        started.elapsed() < SOON / 2,
        "it does not wait for what cannot be sent"
    );
    drop(client);
    let messaging = Messaging::start_at(&address).await;
    let client = build()?;
    messaging.wait_for("/publish", 20).await;
    let mut orders: Vec<_> = messaging
        .published()
        .iter()
        .map(|one| one.body["data"]["order"].as_u64())
        .collect();
    orders.sort_unstable();
    orders.dedup();
    assert_eq!(orders, (0..20).map(Some).collect::<Vec<_>>());
    client.shutdown(SOON).await;
    Ok(())
}
