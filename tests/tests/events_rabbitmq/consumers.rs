//! Subscriptions whose channel, queue or connection goes away, and their end in good order.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};
use trunkline::{Delivery, Events, HandlerError, Inbox, Priority};
use trunkline_tests::broker::{self, Broker};

use crate::support::{
    Numbered, PATIENCE, SECOND, Tally, client, numbered, publish_from, scaled, start, tallying, unique,
    wait_until,
};

/// What becomes of a subscription, by an operator's hand.
const CHANNELS_DIE: &[&str] = &[
    "eval",
    "[exit(Channel, kill) || Channel <- rabbit_channel:list()].",
];
const CONNECTIONS_CLOSE: &[&str] = &["close_all_connections", "a test"];

/// Sends until one is handled, and says how long that took.
async fn consuming_again(events: &Events, group: &str, tally: &Tally, from: u32) -> Duration {
    let started = Instant::now();
    let before = tally.distinct();
    for number in from..from + 400 {
        let _ = timeout(SECOND / 2, events.publish(&numbered(number)).target(group)).await;
        if wait_until(Duration::from_millis(20), || tally.distinct() > before).await {
            return started.elapsed();
        }
    }
    panic!("nothing is handled any more");
}

/// event fault 15
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_is_cut_off_begins_anew() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let worker = start(tallying(&events, &group, &tally)).await;
    let queue = format!("trunkline.q.{group}");
    let deletes = ["delete_queue", &queue];
    let (mut longest, mut from) = (Duration::ZERO, 0);
    for hand in [CHANNELS_DIE, &deletes[..], CONNECTIONS_CLOSE] {
        for _ in 0..scaled(2, 10) {
            broker.ctl(hand).await;
            let took = consuming_again(&events, &group, &tally, from).await;
            assert!(took <= 2 * SECOND, "{took:?} after {hand:?}");
            longest = longest.max(took);
            from += 1000;
            let outcomes = publish_from(2, &events, &group, from..from + 50, PATIENCE).await;
            assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
            let all = || tally.missing(from..from + 50).is_empty();
            assert!(
                wait_until(PATIENCE, all).await,
                "{:?} are lost after {hand:?}",
                tally.missing(from..from + 50)
            );
            from += 1000;
        }
    }
    println!("fault 15: consuming again after at most {longest:?}");
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

/// event fault 18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_again_after_a_cut_is_not_handled_again() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let gate = Arc::new(Semaphore::new(0));
    let (handled, closed) = (tally.clone(), Arc::clone(&gate));
    let worker = events.subscribe(&group).on(move |event: Delivery<Numbered>| {
        let (handled, closed) = (handled.clone(), Arc::clone(&closed));
        async move {
            handled.push(event.number);
            closed.acquire().await?.forget();
            Ok::<(), HandlerError>(())
        }
    });
    let worker = start(worker.concurrency(8)).await;
    let outcomes = publish_from(2, &events, &group, 0..8, PATIENCE).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    tally.wait_for(8, PATIENCE).await;
    broker.ctl(CONNECTIONS_CLOSE).await;
    gate.add_permits(8);
    let duplicates = || client.metrics().events.queues[&group].duplicates;
    assert!(
        wait_until(PATIENCE, || duplicates() == 8).await,
        "{} came again",
        duplicates()
    );
    assert_eq!((tally.distinct(), tally.total()), (8, 8));
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
    let left = broker.ctl(&["list_queues", "name", "messages"]).await;
    let queue = left
        .lines()
        .find(|line| line.starts_with(&format!("trunkline.q.{group}\t")));
    assert_eq!(
        queue.and_then(|line| line.split('\t').nth(1)),
        Some("0"),
        "{left}"
    );
}

/// event fault 22
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_urgent_overtakes_a_full_queue() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    for (numbers, priority) in [(0..1000, Priority::Low), (1000..1100, Priority::High)] {
        let sent: Vec<_> = numbers
            .map(|number| {
                tokio::spawn(
                    events
                        .publish(&numbered(number))
                        .target(&group)
                        .priority(priority),
                )
            })
            .collect();
        for sent in sent {
            sent.await.expect("no panic").expect("confirmed");
        }
    }
    let handled = tally.clone();
    let subscribe = events.subscribe(&group).on(move |event: Delivery<Numbered>| {
        let handled = handled.clone();
        async move {
            sleep(Duration::from_millis(5)).await;
            handled.push(event.number);
            Ok::<(), HandlerError>(())
        }
    });
    let worker = start(subscribe.prefetch(16).concurrency(4)).await;
    tally.wait_for(1100, PATIENCE).await;
    let order = tally.order();
    let last = order
        .iter()
        .rposition(|number| *number >= 1000)
        .expect("they were handled");
    println!("fault 22: the last urgent one was number {}", last + 1);
    assert!(last < 150, "{last}");
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

/// event fault 23
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_under_load_loses_nothing_and_repeats_nothing() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let url = broker.url();
    let (first, second) = (client(&url), client(&url));
    let (group, tally) = (unique("group"), Tally::default());
    let subscribe = |events: &Events| tallying(events, &group, &tally).inbox(Inbox::off()).prefetch(64);
    let outcomes = publish_from(4, &first.events(), &group, 0..3000, PATIENCE).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    let worker = start(subscribe(&first.events())).await;
    tally.wait_for(300, PATIENCE).await;
    let begun = Instant::now();
    let shutdown = first.shutdown(10 * SECOND).await;
    drop(worker);
    assert!(begun.elapsed() <= 10 * SECOND, "{:?}", begun.elapsed());
    assert_eq!(shutdown.abandoned, 0);
    assert!(tally.total() < 3000, "it ended in the middle");
    let worker = start(subscribe(&second.events())).await;
    tally.wait_for(3000, PATIENCE).await;
    sleep(SECOND / 2).await;
    assert_eq!((tally.distinct(), tally.total()), (3000, 3000));
    worker.shutdown(SECOND).await.expect("settled");
    second.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_does_not_wait_for_a_handler_that_blocks_its_thread() {
    let Some(url) = broker::url().await else { return };
    let (client, group, tally) = (client(&url), unique("group"), Tally::default());
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (handled, released) = (tally.clone(), Mutex::new(released));
    let subscribe = client
        .events()
        .subscribe(&group)
        .on(move |event: Delivery<Numbered>| {
            handled.push(event.number);
            // As a handler does that should have been given to `spawn_blocking`.
            let _ = released.lock().map(|released| released.recv());
            async { Ok::<(), HandlerError>(()) }
        });
    let worker = start(subscribe.concurrency(1)).await;
    let published = client.events().publish(&numbered(1)).target(&group).await;
    published.expect("confirmed");
    tally.wait_for(1, PATIENCE).await;
    let (begun, grace) = (Instant::now(), SECOND / 10);
    assert_eq!(client.shutdown(grace).await.abandoned, 1);
    // A second after the grace, and as much again for a machine that is busy.
    assert!(begun.elapsed() < grace + 2 * SECOND, "{:?}", begun.elapsed());
    drop((release, worker));
}

#[test]
fn a_runtime_that_ends_without_a_shutdown_does_not_hang() {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let broker = runtime.block_on(Broker::start());
    let Some(broker) = broker else { return };
    let client = client(&broker.url());
    let group = unique("group");
    let worker = runtime.block_on(async {
        let worker = start(tallying(&client.events(), &group, &Tally::default())).await;
        client
            .events()
            .publish(&numbered(1))
            .target(&group)
            .await
            .expect("confirmed");
        worker
    });
    let begun = std::time::Instant::now();
    drop(runtime);
    assert!(begun.elapsed() < 5 * SECOND, "{:?}", begun.elapsed());
    drop(worker);
    // Another runtime finds the same client usable.
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        client
            .events()
            .publish(&numbered(2))
            .target(&group)
            .await
            .expect("confirmed");
        client.shutdown(SECOND).await;
    });
}
