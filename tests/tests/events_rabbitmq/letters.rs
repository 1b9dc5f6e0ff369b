//! Dead letters on a broker: listed, replayed, thrown away.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::timeout;
use trunkline::{Client, Delivery, Events, HandlerError, Subscribe};
use trunkline_tests::broker::{self, Broker};

use crate::support::{Numbered, PATIENCE, SECOND, Tally, client, numbered, start, unique, wait_until};

/// A subscription that rejects until it is told to handle, and tallies the attempts that it handles at.
fn rejecting(events: &Events, group: &str, is_well: &Arc<AtomicBool>, tally: &Tally) -> Subscribe {
    let (is_well, tally) = (Arc::clone(is_well), tally.clone());
    events.subscribe(group).on(move |event: Delivery<Numbered>| {
        let outcome = if is_well.load(Ordering::Relaxed) {
            assert_eq!(event.attempt(), 1, "a replayed event is as new");
            tally.push(event.number);
            Ok(())
        } else {
            Err(HandlerError::reject("no such order"))
        };
        async { outcome }
    })
}

async fn until_buried(client: &Client, label: &str, count: u64) {
    let buried = || client.metrics().events.queues[label].buried;
    assert!(wait_until(PATIENCE, || buried() == count).await, "{}", buried());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_replayed_and_thrown_away() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url);
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let is_well = Arc::new(AtomicBool::new(false));
    let worker = start(rejecting(&events, &group, &is_well, &tally)).await;
    let before = std::time::SystemTime::now();
    for number in 0..10 {
        let publish = events.publish(&numbered(number)).id(format!("n{number}"));
        publish.target(&group).await.expect("confirmed");
    }
    until_buried(&client, &group, 10).await;
    let dead = events.dead(&group);
    let letters = dead.list().await.expect("the broker is there");
    assert_eq!(letters.len(), 10);
    assert_eq!((letters[0].attempts(), letters[0].reason()), (1, "no such order"));
    let age = letters[0].since().duration_since(before).expect("after it");
    assert!(age < PATIENCE, "{age:?}");

    assert!(dead.discard("n3").await.expect("there"));
    assert!(!dead.discard("n3").await.expect("there"), "it is gone");
    is_well.store(true, Ordering::Relaxed);
    assert!(dead.replay("n5").await.expect("there"));
    assert_eq!(dead.replay_all().await.expect("there"), 8);
    tally.wait_for(9, PATIENCE).await;
    assert_eq!(tally.missing(0..10), [3]);
    assert!(dead.list().await.expect("there").is_empty());
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_has_dead_letters_of_its_own() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url);
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let is_well = Arc::new(AtomicBool::new(false));
    let subscribe = rejecting(&events, &group, &is_well, &tally).subscription("audit");
    let worker = start(subscribe).await;
    let publish = events.publish(&numbered(1)).id("one").target(&group);
    publish.await.expect("confirmed");
    until_buried(&client, &format!("{group}.audit"), 1).await;
    assert!(events.dead(&group).list().await.expect("there").is_empty());
    let dead = events.dead(&group).subscription("audit");
    assert_eq!(dead.list().await.expect("there")[0].id(), "one");
    is_well.store(true, Ordering::Relaxed);
    assert_eq!(dead.replay_all().await.expect("there"), 1);
    tally.wait_for(1, PATIENCE).await;
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_is_held_at_a_time_is_replayed() {
    const LETTERS: u32 = 72;
    let Some(url) = broker::url().await else { return };
    let client = client(&url);
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let is_well = Arc::new(AtomicBool::new(false));
    let worker = start(rejecting(&events, &group, &is_well, &tally)).await;
    for number in 0..LETTERS {
        // Almost 1 MiB each: together more than the 64 MiB of one look.
        let padding = "x".repeat(1_000_000);
        let publish = events.publish(&Numbered { number, padding }).target(&group);
        publish.await.expect("confirmed");
    }
    until_buried(&client, &group, LETTERS.into()).await;
    is_well.store(true, Ordering::Relaxed);
    let replayed = events.dead(&group).replay_all().await.expect("there");
    assert_eq!(replayed, 72);
    tally.wait_for(72, PATIENCE).await;
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_fills_a_frame_is_tried_and_buried_like_any_other() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url);
    let (events, group, attempts) = (client.events(), unique("group"), Tally::default());
    let seen = attempts.clone();
    let subscribe = events.subscribe(&group).on(move |event: Delivery<Numbered>| {
        seen.push(event.attempt());
        async { Err::<(), _>(HandlerError::retry("no stock ".repeat(100))) }
    });
    let worker = start(subscribe.ladder([std::time::Duration::from_millis(50)])).await;
    let mut publish = events.publish(&numbered(1)).id("one").target(&group);
    // Together all but some 1000 bytes of the 128 KiB that a frame holds.
    for number in 0..15 {
        publish = publish.header(format!("h{number}"), "v".repeat(8192));
    }
    publish = publish.header("h15", "v".repeat(6300));
    publish.await.expect("it fits");
    until_buried(&client, &group, 1).await;
    assert_eq!(attempts.order(), [1, 2, 3, 4]);
    let dead = events.dead(&group).list().await.expect("the broker is there");
    assert_eq!((dead[0].id(), dead[0].attempts()), ("one", 4));
    assert!(dead[0].reason().starts_with("no stock"), "{}", dead[0].reason());
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

/// Dead letters have the bound that an operator gives them, and what is beyond it waits in hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_that_an_operator_bounds_are_not_lost() {
    const COUNT: usize = 12;
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let policy = r#"{"max-length":3}"#;
    let arguments = ["set_policy", "dead", "[.]dead$", policy, "--apply-to", "queues"];
    broker.ctl(&arguments).await;
    let never = Arc::new(AtomicBool::new(false));
    let worker = start(rejecting(&events, &group, &never, &tally).concurrency(1)).await;
    for number in 0..COUNT {
        let publish = events.publish(&numbered(0)).id(format!("n{number}"));
        publish.target(&group).await.expect("confirmed");
    }
    let (dead, mut ids) = (events.dead(&group), BTreeSet::new());
    while ids.len() < COUNT {
        let letters = timeout(PATIENCE, dead.wait_for(1)).await.expect("they come");
        let letters = letters.expect("the broker is there");
        // A quorum queue says that it is full once it is.
        assert!(letters.len() <= 5, "{}", letters.len());
        for letter in letters {
            assert!(dead.discard(letter.id()).await.expect("there"));
            ids.insert(letter.id().to_owned());
        }
    }
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}
