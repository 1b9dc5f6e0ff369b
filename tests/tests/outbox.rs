//! Events that wait on disk, in front of the bus within the process. In real time: a disk has no other.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline::context::scope;
use trunkline::{
    Client, ClientBuilder, Context, DeadLetter, Delivery, ErrorKind, Event, HandlerError, Priority,
    PublishFailure, Result, Stage, Worker,
};

const SOON: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Paid {
    order: u32,
}

impl Event for Paid {
    const NAME: &'static str = "order.paid";
    const TARGET: Option<&'static str> = Some("shipping");
}

#[derive(Serialize, Deserialize)]
struct Brief;

impl Event for Brief {
    const NAME: &'static str = "brief";
    const EXPIRES: Option<Duration> = Some(Duration::from_millis(1));
}

/// The directory of one test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("trunkline-outbox-test-{}-{number}", std::process::id())))
    }

    /// A client whose queues hold ten events.
    fn client(&self) -> ClientBuilder {
        Client::builder()
            .name("orders")
            .events("memory:?events=10")
            .outbox(&self.0)
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn listen(client: &Client) -> (Worker, mpsc::UnboundedReceiver<Delivery<Paid>>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let worker = client
        .events()
        .subscribe("shipping")
        .on(move |event: Delivery<Paid>| {
            let sent = sender.send(event);
            async move { sent.map_err(|_| HandlerError::retry("the test is over")) }
        })
        .start()
        .await
        .expect("a legal subscription");
    (worker, receiver)
}

/// Publishes orders that nobody takes: ten fit into the queue, the others stay on disk.
async fn publish(client: &Client, orders: std::ops::Range<u32>) {
    for receipt in client
        .events()
        .publish_all(orders.map(|order| Paid { order }))
        .await
    {
        assert_eq!(receipt.expect("stored").stage(), Stage::Stored);
    }
}

/// Waits until so many of the events on disk were confirmed.
async fn until_confirmed(client: &Client, count: u64) {
    let reached = async {
        while client.metrics().events.outbox.expect("there is one").confirmed < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, reached).await.expect("confirmed soon");
}

#[tokio::test]
async fn a_stored_event_is_handled_and_then_confirmed() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().build()?;
    let (worker, mut handled) = listen(&client).await;
    let receipt = client
        .events()
        .publish(&Paid { order: 7 })
        .priority(Priority::High)
        .header("tenant", "a")
        .await?;
    assert_eq!(receipt.stage(), Stage::Stored);
    timeout(SOON, receipt.confirmed()).await.expect("soon")?;
    let event = timeout(SOON, handled.recv())
        .await
        .expect("soon")
        .expect("an event");
    assert_eq!(
        (event.id(), event.order, event.priority()),
        (receipt.id(), 7, Priority::High)
    );
    assert_eq!((event.source(), event.header("tenant")), ("orders", Some("a")));

    until_confirmed(&client, 1).await;
    let figures = client.metrics().events;
    let outbox = figures.outbox.expect("there is one");
    assert_eq!(
        (figures.accepted, figures.confirmed, figures.in_flight),
        (1, 1, 0)
    );
    assert_eq!(
        (outbox.stored, outbox.depth, outbox.bytes, outbox.failure),
        (1, 0, 0, None)
    );
    worker.shutdown(SOON).await?;
    Ok(())
}

#[tokio::test]
async fn a_full_queue_leaves_events_on_disk_until_there_is_room() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().build()?;
    publish(&client, 0..100).await;
    until_confirmed(&client, 10).await;
    assert_eq!(client.metrics().events.outbox.expect("there is one").depth, 90);

    let (worker, mut handled) = listen(&client).await;
    let mut orders = Vec::new();
    while orders.len() < 100 {
        let event = timeout(SOON, handled.recv())
            .await
            .expect("soon")
            .expect("an event");
        orders.push(event.order);
    }
    orders.sort_unstable();
    assert_eq!(orders, (0..100).collect::<Vec<_>>(), "each of them once");
    worker.shutdown(SOON).await?;
    Ok(())
}

#[tokio::test]
async fn events_that_are_refused_hold_up_no_others_however_many_they_are() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().build()?;
    publish(&client, 0..1000).await;
    until_confirmed(&client, 10).await;
    for priority in [Priority::Low, Priority::Normal, Priority::Urgent] {
        let other = client.events().publish(&Paid { order: 1000 });
        let receipt = other.target("billing").priority(priority).await?;
        let confirmed = timeout(SOON, receipt.confirmed()).await;
        confirmed.expect("nothing is in its way")?;
    }
    let (worker, mut handled) = listen(&client).await;
    let mut orders = Vec::new();
    while orders.len() < 1000 {
        let event = timeout(SOON, handled.recv())
            .await
            .expect("soon")
            .expect("an event");
        orders.push(event.order);
    }
    orders.sort_unstable();
    assert_eq!(orders, (0..1000).collect::<Vec<_>>(), "each of them once");
    worker.shutdown(SOON).await?;
    Ok(())
}

/// event fault 24, without a broker: the bus of the first client dies with it, as a broker does not.
#[tokio::test]
async fn the_next_client_sends_what_the_first_left_in_the_same_trace() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().build()?;
    publish(&client, 0..10).await;
    until_confirmed(&client, 10).await;
    let context = Context::new();
    let trace = context.trace_id().to_owned();
    scope(context, publish(&client, 10..40)).await;
    assert_eq!(client.shutdown(Duration::from_millis(50)).await.abandoned, 0);
    let after = client.events().publish(&Paid { order: 40 }).await;
    assert_eq!(
        after.expect_err("it is shut down").kind(),
        ErrorKind::ShuttingDown
    );
    drop(client);

    let client = folder.client().build()?;
    let (worker, mut handled) = listen(&client).await;
    let mut orders = Vec::new();
    while orders.len() < 30 {
        let event = timeout(SOON, handled.recv())
            .await
            .expect("soon")
            .expect("an event");
        assert_eq!(event.context().trace_id(), trace);
        orders.push(event.order);
    }
    orders.sort_unstable();
    assert_eq!(orders, (10..40).collect::<Vec<_>>());
    worker.shutdown(SOON).await?;
    Ok(())
}

#[tokio::test]
async fn a_full_outbox_says_so_at_the_deadline() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().outbox_bounds(20, 1 << 20).build()?;
    publish(&client, 0..10).await;
    until_confirmed(&client, 10).await;
    publish(&client, 10..30).await;

    let short = Context::new().with_timeout(Duration::from_millis(50));
    let publish = scope(short, async {
        client.events().publish(&Paid { order: 30 }).id("late").await
    });
    let error = publish.await.expect_err("there is no room");
    assert_eq!(
        (error.kind(), error.publish_failure()),
        (ErrorKind::Publish, Some(PublishFailure::OutboxFull))
    );
    assert_eq!(error.event_id(), Some("late"));
    assert_eq!(client.metrics().events.outbox.expect("there is one").depth, 20);
    Ok(())
}

#[tokio::test]
async fn an_event_that_expired_on_disk_is_unsent_and_can_be_replayed() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().build()?;
    publish(&client, 0..300).await;
    let receipt = client
        .events()
        .publish(&Brief)
        .target("shipping")
        .id("brief")
        .await?;
    let decided = timeout(SOON, receipt.confirmed()).await.expect("soon");
    assert_eq!(
        decided.expect_err("expired").publish_failure(),
        Some(PublishFailure::Refused)
    );
    let unsent = client.events().unsent();
    let letters = unsent.list().await?;
    assert_eq!(
        (letters.len(), letters[0].id(), letters[0].name()),
        (1, "brief", "brief")
    );
    assert!(unsent.replay("brief").await?);
    assert!(!unsent.discard("brief").await?, "it is no longer there");
    let outbox = client.metrics().events.outbox.expect("there is one");
    assert_eq!((outbox.dead, outbox.buried), (0, 1));
    let (sender, mut told) = mpsc::unbounded_channel();
    let subscribe = client.events().subscribe("shipping");
    let handler = move |event: Delivery<Brief>| {
        let sent = sender.send(event.id().to_owned());
        async { sent }
    };
    let paid = |_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) };
    let worker = subscribe.on(handler).on(paid).start().await?;
    let replayed = timeout(SOON, told.recv()).await.expect("it has no end now");
    assert_eq!(replayed.as_deref(), Some("brief"));
    worker.shutdown(SOON).await?;
    Ok(())
}

#[tokio::test]
async fn a_replay_into_a_full_outbox_fails_at_the_deadline() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().outbox_bounds(20, 1 << 20).build()?;
    publish(&client, 0..10).await;
    until_confirmed(&client, 10).await;
    let brief = client.events().publish(&Brief).target("shipping").id("brief");
    let expired = timeout(SOON, brief.await?.confirmed()).await.expect("soon");
    assert!(expired.is_err(), "{expired:?}");
    publish(&client, 10..30).await;

    let context = Context::new().with_timeout(Duration::from_millis(100));
    let replay = scope(context, async { client.events().unsent().replay("brief").await });
    let error = timeout(SOON, replay)
        .await
        .expect("no hang")
        .expect_err("it is full");
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::OutboxFull),
        "{error}"
    );
    assert_eq!(
        client.events().unsent().list().await?.len(),
        1,
        "it is where it was"
    );
    Ok(())
}

/// Publishes so many events that expire before they are sent.
async fn publish_brief(client: &Client, count: u32) -> Result<()> {
    let mut receipts = Vec::new();
    for number in 0..count {
        let brief = client.events().publish(&Brief).target("shipping");
        receipts.push(brief.id(format!("brief-{number}")).await?);
    }
    for receipt in receipts {
        let expired = timeout(SOON, receipt.confirmed()).await.expect("soon");
        assert!(expired.is_err(), "{expired:?}");
    }
    Ok(())
}

#[tokio::test]
async fn all_that_is_unsent_is_replayed_as_far_as_there_is_room_or_discarded() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().outbox_bounds(20, 1 << 20).build()?;
    publish(&client, 0..10).await;
    until_confirmed(&client, 10).await;
    publish(&client, 10..15).await;
    publish_brief(&client, 8).await?;
    let unsent = client.events().unsent();
    let letters = unsent.list().await?;
    let ids: Vec<&str> = letters.iter().map(DeadLetter::id).collect();
    assert_eq!((ids[0], ids[7], ids.len()), ("brief-0", "brief-7", 8));
    assert!(letters[0].reason().starts_with("it expired"), "{:?}", letters[0]);
    assert_eq!(unsent.list_after(&letters[5]).await?.len(), 2);

    // Five of the dead have room of their own: of the places for twenty, three are free.
    publish(&client, 15..24).await;
    let outbox = client.metrics().events.outbox.expect("there is one");
    assert_eq!((outbox.dead, outbox.depth), (8, 14));
    let brief = Context::new().with_timeout(Duration::from_millis(200));
    assert_eq!(scope(brief, unsent.replay_all()).await?, 6);
    assert_eq!(unsent.list_after(&letters[0]).await?.len(), 2);
    assert_eq!(unsent.discard_all().await?, 2);
    assert_eq!((unsent.replay_all().await?, unsent.discard_all().await?), (0, 0));
    let outbox = client.metrics().events.outbox.expect("there is one");
    assert_eq!((outbox.dead, outbox.dead_bytes, outbox.depth), (0, 0, 20));
    Ok(())
}

#[tokio::test]
async fn a_full_outbox_names_the_dead_that_are_in_the_way() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client().outbox_bounds(4, 1 << 20).build()?;
    publish(&client, 0..4).await;
    until_confirmed(&client, 4).await;
    publish(&client, 4..10).await;
    until_confirmed(&client, 10).await;
    publish(&client, 10..12).await;
    publish_brief(&client, 3).await?;
    let context = Context::new().with_timeout(Duration::from_millis(50));
    let publish = scope(context, async {
        client.events().publish(&Paid { order: 12 }).await
    });
    let error = publish.await.expect_err("there is no room");
    assert_eq!(error.publish_failure(), Some(PublishFailure::OutboxFull));
    assert!(
        error
            .message()
            .contains("3 events in it are not sent by themselves"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_second_client_on_a_directory_is_told_which() {
    let folder = Folder::new();
    let _first = folder.client().build().expect("the first");
    let error = folder.client().build().expect_err("the second");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().contains(&folder.0.display().to_string()),
        "{error}"
    );
    let error = folder
        .client()
        .outbox_bounds(0, 1)
        .build()
        .expect_err("no room at all");
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn a_client_built_without_a_runtime_sends_from_its_first_publish() {
    let folder = Folder::new();
    let client = folder.client().build().expect("legal settings");
    for round in 1..=2 {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let receipt = client
                .events()
                .publish_named("tick", &json!(round))
                .await
                .expect("stored");
            timeout(SOON, receipt.confirmed())
                .await
                .expect("soon")
                .expect("confirmed");
        });
    }
}

#[tokio::test]
async fn a_receipt_shows_its_id_and_its_stage_alone() -> Result<()> {
    let folder = Folder::new();
    let events = folder.client().build()?.events();
    let receipt = events.publish(&Paid { order: 1 }).id("1").await?;
    assert_eq!(
        format!("{receipt:?}"),
        r#"Receipt { id: "1", stage: Stored, .. }"#
    );
    Ok(())
}
