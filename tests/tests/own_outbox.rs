//! An outbox in a table of the application's own, in paused time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use trunkline::context::{Context, scope, trace_id};
use trunkline::{
    Client, Delivery, Envelope, ErrorKind, Event, Events, Inbox, OutboxSource, Priority, PublishFailure,
    Result, Worker,
};
use trunkline_tests::events::{Paid, SECOND, client, events_at};

#[derive(Serialize, Deserialize, Event)]
#[event("brief", expires = "1ms")]
struct Brief {}

/// A table in memory, and how often it is to fail.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    rows: BTreeMap<u64, Vec<u8>>,
    next: u64,
    refused: Vec<(u64, String)>,
    pages: usize,
    failing_pages: usize,
    failing_marks: usize,
}

impl Table {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, row: impl Into<Vec<u8>>) -> u64 {
        let mut inside = self.inside();
        inside.next += 1;
        let number = inside.next;
        inside.rows.insert(number, row.into());
        number
    }

    fn store(&self, events: &Events, order: u32) {
        let envelope = events
            .publish(&Paid { order })
            .id(format!("paid-{order}"))
            .envelope();
        self.insert(envelope.expect("a legal event").to_bytes());
    }

    async fn wait_until_empty(&self) {
        let empty = async {
            while !self.inside().rows.is_empty() {
                sleep(SECOND / 100).await;
            }
        };
        timeout(600 * SECOND, empty).await.expect("all is published");
    }
}

impl OutboxSource for Table {
    type Row = u64;
    type Error = std::io::Error;

    async fn page(&self, after: Option<u64>, most: usize) -> std::io::Result<Vec<(u64, Vec<u8>)>> {
        let mut inside = self.inside();
        inside.pages += 1;
        if inside.failing_pages > 0 {
            inside.failing_pages -= 1;
            return Err(std::io::Error::other("the database is away"));
        }
        let rows = inside.rows.range(after.map_or(0, |after| after + 1)..).take(most);
        Ok(rows.map(|(number, event)| (*number, event.clone())).collect())
    }

    async fn published(&self, rows: Vec<u64>) -> std::io::Result<()> {
        let mut inside = self.inside();
        if inside.failing_marks > 0 {
            inside.failing_marks -= 1;
            return Err(std::io::Error::other("the database is away"));
        }
        inside.rows.retain(|number, _| !rows.contains(number));
        Ok(())
    }

    async fn refused(&self, row: u64, reason: String) -> std::io::Result<()> {
        let mut inside = self.inside();
        inside.rows.remove(&row);
        inside.refused.push((row, reason));
        Ok(())
    }
}

type Handled = mpsc::UnboundedReceiver<(u32, String, Option<String>)>;

/// A worker, and what it handled: order, id, trace.
async fn shipping(events: &Events, inbox: Inbox) -> (Worker, Handled) {
    working(events, "shipping", inbox).await
}

async fn working(events: &Events, group: &str, inbox: Inbox) -> (Worker, Handled) {
    let (tell, handled) = mpsc::unbounded_channel();
    let subscribe = events.subscribe(group).concurrency(1).inbox(inbox);
    let subscribe = subscribe.on(move |event: Delivery<Paid>| {
        let tell = tell.clone();
        async move { tell.send((event.order, event.id().to_owned(), trace_id())) }
    });
    (subscribe.start().await.expect("legal"), handled)
}

fn orders(handled: &mut Handled) -> Vec<u32> {
    std::iter::from_fn(|| handled.try_recv().ok())
        .map(|(order, ..)| order)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_is_published_in_its_order_and_taken_off() -> Result<()> {
    let (client, table) = (client(), Table::default());
    let events = client.events();
    let (_worker, mut handled) = shipping(&events, Inbox::off()).await;
    for order in 0..200 {
        table.store(&events, order);
    }
    let relay = events.relay(table.clone())?;
    table.wait_until_empty().await;
    sleep(SECOND).await;
    assert_eq!(orders(&mut handled), (0..200).collect::<Vec<_>>());
    let figures = client.metrics().events;
    assert_eq!(
        (figures.accepted, figures.confirmed, figures.in_flight),
        (200, 200, 0)
    );
    assert_eq!(relay.shutdown(SECOND).await.abandoned, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_event_keeps_its_id_its_trace_and_all_that_was_said_of_it() -> Result<()> {
    let (events, table) = (client().events(), Table::default());
    let (_worker, mut handled) = shipping(&events, Inbox::off()).await;
    let context = Context::new().with_trace_id("order-17");
    let envelope = scope(context, async {
        let publish = events.publish(&Paid { order: 7 }).id("paid-7");
        publish.target("shipping").priority(Priority::High).envelope()
    });
    let envelope = envelope.await?;
    assert_eq!((envelope.id(), envelope.name()), ("paid-7", "order.paid"));
    table.insert(envelope.to_bytes());
    let _relay = events.relay(table)?;
    let seen = handled.recv().await.expect("it is handled");
    assert_eq!(seen, (7, "paid-7".to_owned(), Some("order-17".to_owned())));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_is_woken_does_not_wait_for_its_next_look() -> Result<()> {
    let (events, table) = (client().events(), Table::default());
    let (_worker, mut handled) = shipping(&events, Inbox::off()).await;
    let relay = events.relay(table.clone())?;
    sleep(10 * SECOND + SECOND / 2).await;
    assert!(table.inside().pages <= 12, "{} looks", table.inside().pages);
    let started = Instant::now();
    table.store(&events, 7);
    relay.wake();
    handled.recv().await.expect("it is handled");
    assert_eq!(started.elapsed(), Duration::ZERO);
    table.store(&events, 8);
    handled.recv().await.expect("it is found without being told");
    assert!(started.elapsed() <= SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_database_that_fails_is_asked_again_and_what_comes_twice_has_one_id() -> Result<()> {
    let (events, table) = (client().events(), Table::default());
    let (_worker, mut handled) = shipping(&events, Inbox::off()).await;
    table.inside().failing_pages = 3;
    table.inside().failing_marks = 2;
    table.store(&events, 7);
    let _relay = events.relay(table.clone())?;
    table.wait_until_empty().await;
    sleep(SECOND).await;
    let seen: Vec<_> = std::iter::from_fn(|| handled.try_recv().ok()).collect();
    assert_eq!(seen.len(), 3, "once, and once more for each mark that failed");
    assert!(
        seen.iter()
            .all(|(order, id, _)| (*order, id.as_str()) == (7, "paid-7"))
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_published_is_given_back_with_its_reason() -> Result<()> {
    let (events, table) = (client().events(), Table::default());
    let (_worker, mut handled) = shipping(&events, Inbox::off()).await;
    let garbage = [table.insert(*b""), table.insert(*b"{}"), table.insert([255; 64])];
    let brief = table.insert(events.publish(&Brief {}).envelope()?.to_bytes());
    std::thread::sleep(Duration::from_millis(5));
    table.store(&events, 7);
    let _relay = events.relay(table.clone())?;
    table.wait_until_empty().await;
    sleep(SECOND).await;
    assert_eq!(orders(&mut handled), [7]);
    let refused = std::mem::take(&mut table.inside().refused);
    let rows: Vec<u64> = refused.iter().map(|(row, _)| *row).collect();
    let mut expected = garbage.to_vec();
    expected.push(brief);
    assert_eq!(rows, expected);
    assert!(refused[0].1.contains("no stored event"), "{refused:?}");
    assert!(refused[3].1.contains("expired"), "{refused:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_room_stays_until_there_is_some() -> Result<()> {
    let (events, table) = (events_at("memory:?events=10"), Table::default());
    for order in 0..50 {
        let publish = events.publish(&Paid { order }).target("shipping");
        table.insert(publish.envelope()?.to_bytes());
    }
    let _relay = events.relay(table.clone())?;
    sleep(60 * SECOND).await;
    assert_eq!(table.inside().rows.len(), 40);
    let (_worker, mut handled) = shipping(&events, Inbox::off()).await;
    table.wait_until_empty().await;
    sleep(SECOND).await;
    let mut orders = orders(&mut handled);
    orders.sort_unstable();
    assert_eq!(orders, (0..50).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_delivered_does_not_hold_up_what_can() -> Result<()> {
    let (events, table) = (events_at("memory:?events=10"), Table::default());
    let store = |order: u32, target: &str| {
        let envelope = events.publish(&Paid { order }).target(target).envelope();
        table.insert(envelope.expect("a legal event").to_bytes());
    };
    // More than some pages, of which ten find room.
    (0..310).for_each(|order| store(order, "nobody"));
    (310..320).for_each(|order| store(order, "shipping"));
    let (_worker, mut handled) = shipping(&events, Inbox::off()).await;
    let started = Instant::now();
    let relay = events.relay(table.clone())?;
    while table.inside().rows.len() > 300 {
        sleep(SECOND / 100).await;
        assert!(
            started.elapsed() < 60 * SECOND,
            "{} are left",
            table.inside().rows.len()
        );
    }
    store(320, "shipping");
    relay.wake();
    for order in 310..=320 {
        assert_eq!(handled.recv().await.expect("it is handled").0, order);
    }
    assert!(started.elapsed() < 120 * SECOND, "{:?}", started.elapsed());
    let (_worker, mut handled) = working(&events, "nobody", Inbox::off()).await;
    table.wait_until_empty().await;
    sleep(SECOND).await;
    let mut orders = orders(&mut handled);
    orders.sort_unstable();
    assert_eq!(orders, (0..310).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_relay_ends_with_its_client_and_when_it_is_dropped() -> Result<()> {
    for drop_it in [true, false] {
        let (client, table) = (client(), Table::default());
        let events = client.events();
        let relay = events.relay(table.clone())?;
        sleep(SECOND / 2).await;
        if drop_it {
            drop(relay);
        } else {
            assert_eq!(client.shutdown(SECOND).await.abandoned, 0);
            std::mem::forget(relay);
        }
        sleep(2 * SECOND).await;
        let pages = table.inside().pages;
        table.store(&events, 7);
        sleep(10 * SECOND).await;
        let inside = table.inside();
        assert_eq!((inside.pages, inside.rows.len()), (pages, 1));
    }
    Ok(())
}

#[tokio::test]
async fn an_event_that_cannot_be_published_has_no_envelope() {
    let events = client().events();
    let error = events
        .publish(&Paid { order: 7 })
        .target("all")
        .envelope()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.event_id().is_some());
    let large = events
        .publish_named("large", &"x".repeat(2 * 1024 * 1024))
        .envelope();
    assert_eq!(
        large.unwrap_err().publish_failure(),
        Some(PublishFailure::TooLarge)
    );
    assert_eq!(Envelope::from_bytes("7").unwrap_err().kind(), ErrorKind::Decode);
}

#[test]
fn a_relay_needs_a_runtime() {
    let client = Client::builder().build().expect("legal settings");
    let error = client.events().relay(Table::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("runtime"), "{error}");
}
