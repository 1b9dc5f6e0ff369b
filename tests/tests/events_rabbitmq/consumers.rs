//! Subscriptions whose channel, queue or connection goes away, and their end in good order.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use trunkline::{Delivery, Error, ErrorKind, Events, HandlerError, Inbox, Priority};
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
const DELETES: &str = "delete_queue";
const CONNECTIONS_CLOSE: &[&str] = &["close_all_connections", "a test"];

/// Publishes one after the other, each once the one before is handled, until it is dropped.
#[derive(Default)]
struct InTurn {
    /// The one that is published now.
    latest: AtomicU32,
    is_over: AtomicBool,
}

impl InTurn {
    /// Gives those that are acknowledged.
    async fn publish(self: Arc<Self>, events: Events, group: String, tally: Tally, from: u32) -> Vec<u32> {
        let mut acknowledged = Vec::new();
        for number in from.. {
            self.latest.store(number, Ordering::Relaxed);
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            if events.publish(&numbered(number)).target(&group).await.is_ok() {
                acknowledged.push(number);
            }
            // One that was in a queue when that was deleted never comes.
            wait_until(SECOND / 10, || tally.missing([number]).is_empty()).await;
        }
        acknowledged
    }
}

/// Cuts a subscription off while events come, and checks that none is lost; says for how long none was handled.
async fn cut_off(broker: &Broker, hand: &[&str], events: &Events, group: &str, from: u32) -> Duration {
    let (tally, in_turn) = (Tally::default(), Arc::<InTurn>::default());
    let worker = start(tallying(events, group, &tally)).await;
    let publish = Arc::clone(&in_turn).publish(events.clone(), group.to_owned(), tally.clone(), from);
    let publishing = tokio::spawn(publish);
    let until_more = async |more: usize| {
        let enough = tally.total() + more;
        let handled = wait_until(PATIENCE, || tally.total() >= enough).await;
        assert!(handled, "nothing is handled any more, after {hand:?}");
    };
    until_more(10).await;
    let since = Instant::now();
    broker.ctl(hand).await;
    let latest = in_turn.latest.load(Ordering::Relaxed);
    until_more(20).await;
    in_turn.is_over.store(true, Ordering::Relaxed);
    let mut acknowledged = publishing.await.expect("no panic");
    if hand[0] == DELETES {
        // What is in a queue is deleted with it, and RabbitMQ confirms what comes to it meanwhile.
        acknowledged.retain(|number| *number > latest);
        // What comes before it is declared again has no queue, and is kept.
        let replayed = events.unrouted().replay_all().await;
        replayed.expect("the broker is there");
    }
    let missing = || tally.missing(acknowledged.iter().copied());
    let is_complete = wait_until(PATIENCE, || missing().is_empty()).await;
    assert!(is_complete, "{:?} are lost after {hand:?}", missing());
    worker.shutdown(SECOND).await.expect("settled");
    tally.longest_gap(since)
}

/// event fault 15
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_is_cut_off_begins_anew() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group) = (client.events(), unique("group"));
    let queue = format!("trunkline.q.{group}");
    let mut from = 0;
    for hand in [CHANNELS_DIE, &[DELETES, &queue], CONNECTIONS_CLOSE] {
        let mut longest = Duration::ZERO;
        for _ in 0..scaled(2, 10) {
            longest = longest.max(cut_off(&broker, hand, &events, &group, from).await);
            from += 1_000_000;
        }
        println!("fault 15: consuming again after at most {longest:?}, {hand:?}");
        assert!(longest <= 2 * SECOND, "{longest:?} after {hand:?}");
    }
    let counted = client.metrics().events.reconnects;
    println!("fault 15: {counted:?}");
    for cause in ["channel", "closed"] {
        let count = counted.get(cause).copied().unwrap_or_default();
        assert!(count >= u64::from(scaled(2, 10)), "{cause}: {counted:?}");
    }
    client.shutdown(SECOND).await;
}

/// How many events are in a queue, those included that somebody has in hand.
async fn messages(broker: &Broker, queue: &str) -> Option<u32> {
    let listed = broker.ctl(&["list_queues", "name", "messages"]).await;
    let mut lines = listed.lines().filter_map(|line| line.split_once('\t'));
    let (_, messages) = lines.find(|(name, _)| *name == queue)?;
    messages.parse().ok()
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
    assert_eq!(messages(&broker, &format!("trunkline.q.{group}")).await, Some(0));
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

/// Publishes every sixteenth until that is refused; gives those that are acknowledged, and the refusal.
async fn publish_until_refused(
    events: Events,
    group: String,
    from: u32,
    confirmed: Arc<AtomicU32>,
) -> (Vec<u32>, Error) {
    let mut acknowledged = Vec::new();
    for number in (from..).step_by(16) {
        match events.publish(&numbered(number)).target(&group).await {
            Ok(_) => acknowledged.push(number),
            Err(error) => return (acknowledged, error),
        }
        confirmed.fetch_add(1, Ordering::Relaxed);
    }
    unreachable!("there are many numbers")
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
    let confirmed = Arc::<AtomicU32>::default();
    let publishing: Vec<_> = (3000..3016)
        .map(|from| {
            let run = publish_until_refused(first.events(), group.clone(), from, Arc::clone(&confirmed));
            tokio::spawn(run)
        })
        .collect();
    let is_under_way = || confirmed.load(Ordering::Relaxed) >= 200;
    assert!(wait_until(PATIENCE, is_under_way).await, "nothing is confirmed");
    let begun = Instant::now();
    let shutdown = first.shutdown(10 * SECOND).await;
    drop(worker);
    assert!(begun.elapsed() <= 10 * SECOND, "{:?}", begun.elapsed());
    assert_eq!(shutdown.abandoned, 0);
    let mut expected = 3000;
    for publishing in publishing {
        let (acknowledged, refusal) = publishing.await.expect("no panic");
        // None was cut off on its way: that would be another error.
        assert_eq!(refusal.kind(), ErrorKind::ShuttingDown, "{refusal}");
        expected += acknowledged.len();
    }
    println!(
        "fault 23: {} of {expected} handled at the end, after {:?}",
        tally.total(),
        begun.elapsed()
    );
    assert!(tally.total() < expected, "it ended in the middle");
    let worker = start(subscribe(&second.events())).await;
    tally.wait_for(expected, PATIENCE).await;
    worker.shutdown(10 * SECOND).await.expect("settled");
    second.shutdown(SECOND).await;
    assert_eq!((tally.distinct(), tally.total()), (expected, expected));
    assert_eq!(messages(&broker, &format!("trunkline.q.{group}")).await, Some(0));
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
