//! A broker that is killed while events go through it.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use trunkline::context::{Context, scope};
use trunkline::{Events, Inbox, Stage};
use trunkline_tests::broker::Broker;

use crate::support::{
    Folder, PATIENCE, SECOND, Tally, builder, client, is_up, numbered, publish_from, scaled, start, tallying,
    unique, until_state, wait_until,
};

/// Publishes while the broker is killed so many times; gives the numbers that are acknowledged.
async fn publish_through_kills(
    broker: &mut Broker,
    events: &Events,
    group: &str,
    count: u32,
    kills: u32,
    tally: &Tally,
) -> Vec<u32> {
    broker.settle().await;
    let (publisher, target) = (events.clone(), group.to_owned());
    let publishing = tokio::spawn(async move {
        publish_from(32, &publisher, &target, 0..count, Duration::from_secs(120)).await
    });
    for kill in 0..kills {
        // Somewhere in the middle of what is sent, further on each time.
        let some = usize::try_from(count / (kills + 2) * (kill + 1)).expect("fits");
        tally.wait_for(some, PATIENCE).await;
        broker.kill();
        broker.restart().await;
        broker.settle().await;
    }
    let outcomes = publishing.await.expect("no panic");
    let acknowledged = outcomes.into_iter().filter(|(_, outcome)| outcome.is_ok());
    acknowledged.map(|(number, _)| number).collect()
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
        let worker = start(
            tallying(&events, &group, &tally)
                .inbox(Inbox::off())
                .prefetch(256),
        )
        .await;
        let started = Instant::now();
        let sent = publish_through_kills(&mut broker, &events, &group, count, kills, &tally);
        let acknowledged = timeout(Duration::from_secs(120), sent)
            .await
            .expect("no hang, and at most 120 s");
        assert_eq!(
            acknowledged.len(),
            usize::try_from(count).expect("fits"),
            "all are, within their deadline"
        );
        wait_until(PATIENCE, || {
            tally.missing(acknowledged.iter().copied()).is_empty()
        })
        .await;
        let missing = tally.missing(acknowledged.iter().copied());
        assert!(
            missing.is_empty(),
            "{} acknowledged events are lost",
            missing.len()
        );
        let duplicates = tally.total() - tally.distinct();
        println!(
            "fault 1: {count} events, {kills} kills, {duplicates} duplicates, {:?}",
            started.elapsed()
        );
        assert!(duplicates <= 5000, "{duplicates}");
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
    let accepted = publish_through_kills(&mut broker, &events, &group, count, kills, &tally).await;
    assert_eq!(accepted.len(), usize::try_from(count).expect("fits"));
    tally.wait_for(accepted.len(), Duration::from_secs(120)).await;
    assert!(tally.missing(accepted).is_empty());
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
