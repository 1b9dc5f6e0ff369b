//! A broker that is killed while events go through it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use trunkline::context::{Context, scope};
use trunkline::{Events, Inbox, Receipt, Stage};
use trunkline_tests::broker::Broker;

use crate::support::{
    Folder, Outcomes, PATIENCE, SECOND, Tally, builder, client, is_up, numbered, publish_counting, scaled,
    start, tallying, unique, until_state, wait_until,
};

/// What is on its way to the broker at a time: it may come again, once a kill, and so may what is being handled.
const WINDOW: u32 = 1000;

/// Publishes while the broker is killed so many times; gives the numbers and ids that are acknowledged.
async fn publish_through_kills(
    broker: &mut Broker,
    events: &Events,
    group: &str,
    count: u32,
    kills: u32,
) -> Vec<(u32, String)> {
    broker.settle().await;
    let share = count / (kills + 1);
    let mut outcomes = Vec::new();
    for kill in 0..kills {
        let numbers = kill * share..(kill + 1) * share;
        let decided = Arc::<AtomicU32>::default();
        let publishing = publish(events, group, numbers, &decided);
        // In the middle of what is sent.
        let is_under_way = || decided.load(Ordering::Relaxed) >= share / 4;
        assert!(wait_until(PATIENCE, is_under_way).await, "nothing is confirmed");
        broker.kill();
        let decided = decided.load(Ordering::Relaxed);
        assert!(decided < share, "all were published before kill {}", kill + 1);
        broker.restart().await;
        broker.settle().await;
        outcomes.extend(publishing.await.expect("no panic"));
    }
    let rest = publish(events, group, kills * share..count, &Arc::default());
    outcomes.extend(rest.await.expect("no panic"));
    let acknowledged = |(number, outcome): (u32, trunkline::Result<Receipt>)| {
        let receipt = outcome.ok()?;
        Some((number, receipt.id().to_owned()))
    };
    outcomes.into_iter().filter_map(acknowledged).collect()
}

fn publish(
    events: &Events,
    group: &str,
    numbers: Range<u32>,
    decided: &Arc<AtomicU32>,
) -> JoinHandle<Outcomes> {
    let (events, group, decided) = (events.clone(), group.to_owned(), Arc::clone(decided));
    let limit = Duration::from_secs(120);
    tokio::spawn(async move { publish_counting(32, &events, &group, numbers, limit, &decided).await })
}

/// Says what the broker has, where something is missing.
async fn check_that_none_is_missing(broker: &Broker, tally: &Tally, acknowledged: &[(u32, String)]) {
    let numbers = || acknowledged.iter().map(|(number, _)| *number);
    if wait_until(PATIENCE, || tally.missing(numbers()).is_empty()).await {
        return;
    }
    let columns = [
        "list_queues",
        "name",
        "state",
        "messages",
        "messages_ready",
        "consumers",
        "leader",
    ];
    let queues = broker.ctl(&columns).await;
    let missing = tally.missing(numbers());
    panic!(
        "{} acknowledged events are not delivered; the queues:\n{queues}",
        missing.len()
    );
}

/// event fault 1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_event_is_lost_with_a_killed_broker() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    for _ in 0..scaled(1, 20) {
        let (count, kills) = (scaled(10_000, 100_000), scaled(2, 5));
        let client = client(&broker.url());
        let (events, group, tally) = (client.events(), unique("group"), Tally::default());
        let subscribe = tallying(&events, &group, &tally).inbox(Inbox::off());
        let worker = start(subscribe.prefetch(256)).await;
        let started = Instant::now();
        let sent = publish_through_kills(&mut broker, &events, &group, count, kills);
        let acknowledged = timeout(Duration::from_secs(120), sent)
            .await
            .expect("no hang, and at most 120 s");
        assert_eq!(
            acknowledged.len(),
            usize::try_from(count).expect("fits"),
            "all are, within their deadline"
        );
        check_that_none_is_missing(&broker, &tally, &acknowledged).await;
        let ids: BTreeSet<&str> = acknowledged.iter().map(|(_, id)| &**id).collect();
        assert_eq!(ids.len(), acknowledged.len(), "one id an event");
        let sent = acknowledged.iter().map(|(number, id)| (*number, &**id));
        assert_eq!(
            tally.under_other_ids(sent),
            [0; 0],
            "what comes again has the same id"
        );
        let duplicates = tally.total() - tally.distinct();
        println!(
            "fault 1: {count} events, {kills} kills, {duplicates} duplicates, {:?}",
            started.elapsed()
        );
        // 5 000 with the five kills of the row.
        assert!(
            duplicates <= usize::try_from(WINDOW * kills).expect("fits"),
            "{duplicates}"
        );
        worker.shutdown(SECOND).await.expect("settled");
        client.shutdown(SECOND).await;
    }
}

/// event fault 2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_accepted_event_is_delivered_with_a_killed_broker() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    let (count, kills, folder) = (scaled(10_000, 100_000), scaled(2, 5), Folder::new());
    let client = builder(&broker.url())
        .outbox(folder.path())
        .build()
        .expect("legal");
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let worker = start(tallying(&events, &group, &tally)).await;
    let accepted = publish_through_kills(&mut broker, &events, &group, count, kills).await;
    assert_eq!(accepted.len(), usize::try_from(count).expect("fits"));
    tally.wait_for(accepted.len(), Duration::from_secs(120)).await;
    check_that_none_is_missing(&broker, &tally, &accepted).await;
    assert_eq!(tally.distinct(), accepted.len());
    let sent = accepted.iter().map(|(number, id)| (*number, &**id));
    assert_eq!(tally.under_other_ids(sent), [0; 0]);
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(5 * SECOND).await;
}

/// event fault 3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_resumes_soon_after_the_broker_answers() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group) = (client.events(), unique("group"));
    events
        .publish(&numbered(0))
        .target(&group)
        .await
        .expect("confirmed");
    let mut waits = Vec::new();
    for number in 0..scaled(3, 20) {
        broker.kill();
        // A broker takes its time to start on a busy machine.
        let context = Context::new().with_timeout(2 * PATIENCE);
        let (publisher, target) = (events.clone(), group.clone());
        let publish = tokio::spawn(scope(context, async move {
            publisher.publish(&numbered(number)).target(&target).await
        }));
        broker.restart().await;
        let answers = Instant::now();
        publish.await.expect("no panic").expect("confirmed");
        waits.push(answers.elapsed());
    }
    waits.sort_unstable();
    println!("fault 3: {waits:?}");
    assert!(waits[waits.len() - 1] <= 2 * SECOND, "{waits:?}");
    // The backoff is drawn from up to a second: the middle of a few kills is any of them, that of twenty is the row's.
    if waits.len() >= 20 {
        assert!(waits[waits.len() / 2] <= Duration::from_millis(600), "{waits:?}");
    }
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_while_there_is_no_broker_is_sent_once_there_is_one() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    broker.kill();
    let folder = Folder::new();
    let client = builder(&broker.url())
        .outbox(folder.path())
        .build()
        .expect("legal");
    let (events, group) = (client.events(), unique("group"));
    let receipt = events.publish(&numbered(1)).target(&group).await.expect("stored");
    assert_eq!(receipt.stage(), Stage::Stored);
    broker.restart().await;
    timeout(PATIENCE, receipt.confirmed())
        .await
        .expect("no hang")
        .expect("confirmed");
    until_state(&events, SECOND, is_up).await;
    client.shutdown(SECOND).await;
}
