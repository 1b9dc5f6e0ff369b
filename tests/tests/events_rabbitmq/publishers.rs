//! What a publisher is told: refusals, events without a queue, and those that no broker takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use trunkline::context::{Context, scope};
use trunkline::{ErrorKind, Events, Priority, PublishFailure};
use trunkline_tests::broker::{self, Broker};

use crate::support::{
    Numbered, Outcomes, PATIENCE, SECOND, Tally, builder, client, numbered, publish_from, scaled, start,
    tallying, unique, wait_until,
};

/// What became of a publish, and whether that was said under its own id.
struct Told {
    number: u32,
    outcome: Option<PublishFailure>,
    is_its_own: bool,
}

/// Publishes every other one to each of two targets, from one task, through a handle that others use too.
async fn publish_to_both(events: Events, open: String, full: String, numbers: Vec<u32>) -> Vec<Told> {
    let publish = |number: u32| {
        let (target, limit) = if number.is_multiple_of(2) {
            (&open, PATIENCE)
        } else {
            (&full, SECOND)
        };
        let context = Context::new().with_timeout(limit);
        let (events, target, id) = (events.clone(), target.clone(), format!("n{number}"));
        tokio::spawn(scope(context, async move {
            let outcome = events.publish(&numbered(number)).target(&target).id(&id).await;
            let said = outcome
                .as_ref()
                .map_or_else(trunkline::Error::event_id, |receipt| Some(receipt.id()));
            let is_its_own = said == Some(&*id);
            let outcome = outcome.err().and_then(|error| error.publish_failure());
            Told {
                number,
                outcome,
                is_its_own,
            }
        }))
    };
    let mut all = Vec::new();
    // Fewer than are on their way at a time, from all tasks: whoever waits for room at its deadline hears nothing definite.
    for some in numbers.chunks(40) {
        let sent: Vec<_> = some.iter().map(|number| publish(*number)).collect();
        for sent in sent {
            all.push(sent.await.expect("no panic"));
        }
    }
    all
}

/// event fault 11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_is_told_to_the_one_who_is_refused() {
    const TASKS: u32 = 16;
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, open, full) = (client.events(), unique("open"), unique("full"));
    let pattern = format!("^trunkline.q.{full}");
    let policy = r#"{"max-length":100}"#;
    broker
        .ctl(&["set_policy", "full", &pattern, policy, "--apply-to", "queues"])
        .await;
    let count = scaled(4000, 40_000);
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let numbers = (0..count).filter(|number| number / 2 % TASKS == task).collect();
            tokio::spawn(publish_to_both(
                events.clone(),
                open.clone(),
                full.clone(),
                numbers,
            ))
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        told.extend(task.await.expect("no panic"));
    }
    assert_eq!(told.len(), usize::try_from(count).expect("fits"));
    let of = |outcome: Option<PublishFailure>| -> BTreeSet<u32> {
        let those = told.iter().filter(|told| told.outcome == outcome);
        those.map(|told| told.number).collect()
    };
    let (taken, refused) = (of(None), of(Some(PublishFailure::Refused)));
    let tally = Tally::default();
    let first = start(tallying(&events, &open, &tally)).await;
    let second = start(tallying(&events, &full, &tally)).await;
    // The last may be one that nobody was told of.
    wait_until(PATIENCE, || tally.missing(taken.iter().copied()).is_empty()).await;
    let wrong_ids = told.iter().filter(|told| !told.is_its_own).count();
    let wrongly_taken = tally.missing(taken.iter().copied()).len();
    let wrongly_refused = refused.len() - tally.missing(refused.iter().copied()).len();
    println!(
        "fault 11: {} taken, {} refused, {} undecided of {count}",
        taken.len(),
        refused.len(),
        told.len() - taken.len() - refused.len()
    );
    assert_eq!((wrong_ids, wrongly_taken, wrongly_refused), (0, 0, 0));
    assert!(
        taken.iter().filter(|number| *number % 2 == 0).count() == told.len() / 2,
        "an open queue takes all"
    );
    assert!(taken.len() > told.len() / 2, "a full queue has taken some before");
    // What is on its way at its deadline is neither.
    assert!(refused.len() > told.len() / 8, "{}", refused.len());
    first.shutdown(SECOND).await.expect("settled");
    second.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

/// event fault 12
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_queue_is_kept_as_unrouted() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group) = (client.events(), unique("group"));
    let publish = |number: u32| {
        let publish = events.publish(&numbered(number)).id(format!("n{number}"));
        match number % 10 {
            0 => publish.routing_key("nobody.binds.this.key"),
            _ => publish.target(&group),
        }
    };
    let sent: Vec<_> = (0..2000).map(|number| tokio::spawn(publish(number))).collect();
    for sent in sent {
        sent.await.expect("no panic").expect("confirmed");
    }
    let unrouted = events.unrouted().list().await.expect("the broker is there");
    let ids: BTreeSet<&str> = unrouted.iter().map(trunkline::DeadLetter::id).collect();
    let expected: Vec<String> = (0..2000).step_by(10).map(|number| format!("n{number}")).collect();
    assert_eq!(ids, expected.iter().map(String::as_str).collect());
    assert_eq!(unrouted.len(), 200);
    assert!(events.unrouted().discard("n0").await.expect("there"));
    assert!(
        !events.unrouted().discard("n1").await.expect("there"),
        "it was routed"
    );
    assert!(
        !events.unrouted().replay("n10").await.expect("there"),
        "it has no queue still"
    );
    assert_eq!(events.unrouted().list().await.expect("there").len(), 199);
    client.shutdown(SECOND).await;
}

/// Publishes at least so many while others go wrong, and until they did; gives the outcomes.
async fn publish_meanwhile(events: Events, group: String, count: u32, is_done: Arc<AtomicBool>) -> Outcomes {
    let mut outcomes = Vec::new();
    for from in (0..).step_by(2000) {
        if from >= count && is_done.load(Ordering::Relaxed) {
            break;
        }
        outcomes.extend(publish_from(8, &events, &group, from..from + 2000, PATIENCE).await);
    }
    outcomes
}

/// event fault 13
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_close_the_channel_fails_alone() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = builder(&broker.url()).max_event(64 << 20).build().expect("legal");
    let (events, group) = (client.events(), unique("group"));
    events
        .publish(&numbered(0))
        .target(&group)
        .await
        .expect("confirmed");
    let is_done = Arc::<AtomicBool>::default();
    let neighbours = publish_meanwhile(events.clone(), group.clone(), 10_000, Arc::clone(&is_done));
    let neighbours = tokio::spawn(neighbours);
    let large = Numbered {
        number: 0,
        padding: "x".repeat(17 << 20),
    };
    let error = events
        .publish(&large)
        .target(&group)
        .await
        .expect_err("no broker takes it");
    assert_eq!(error.publish_failure(), Some(PublishFailure::TooLarge));
    let headers = (0..20).fold(events.publish(&numbered(1)).target(&group), |publish, number| {
        publish.header(format!("x-{number}"), "v".repeat(8000))
    });
    let error = headers.await.expect_err("more headers than a frame holds");
    assert_eq!(error.publish_failure(), Some(PublishFailure::Refused));
    // The exchange of what is urgent, gone: whoever publishes to it closes the channel, and makes it anew.
    let delete = "rabbit_exchange:delete(rabbit_misc:r(<<\"/\">>, exchange, <<\"trunkline.events.high\">>), false, <<\"a test\">>).";
    broker.ctl(&["eval", delete]).await;
    assert!(!neighbours.is_finished());
    let urgent = events
        .publish(&numbered(1))
        .target(&group)
        .priority(Priority::High);
    urgent.await.expect("to an exchange that is there again");
    let counted = client.metrics().events.reconnects;
    assert_eq!(counted, BTreeMap::from([("missing".to_owned(), 1)]));
    is_done.store(true, Ordering::Relaxed);
    let outcomes = neighbours.await.expect("no panic");
    assert!(outcomes.len() >= 10_000);
    let failed = outcomes.iter().find(|(_, outcome)| outcome.is_err());
    assert!(failed.is_none(), "{failed:?}");
    client.shutdown(SECOND).await;
}

/// event fault 13, where the broker allows less than is known here
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_broker_finds_too_large_fails_alone() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    broker
        .ctl(&["eval", "application:set_env(rabbit, max_message_size, 100000)."])
        .await;
    let client = client(&broker.url());
    let (events, group) = (client.events(), unique("group"));
    let sent = events.publish(&numbered(0)).target(&group).await;
    sent.expect("confirmed");
    let is_done = Arc::<AtomicBool>::default();
    let neighbours = publish_meanwhile(events.clone(), group.clone(), 10_000, Arc::clone(&is_done));
    let neighbours = tokio::spawn(neighbours);
    let large = Numbered {
        number: 0,
        padding: "x".repeat(100_000),
    };
    // The first shows what the broker allows, at the cost of a connection; the others are not sent.
    for _ in 0..3 {
        let begun = Instant::now();
        let outcome = events.publish(&large).target(&group).await;
        let error = outcome.expect_err("the broker takes no such event");
        assert_eq!(error.publish_failure(), Some(PublishFailure::TooLarge), "{error}");
        println!("fault 13: refused after {:?}: {error}", begun.elapsed());
    }
    is_done.store(true, Ordering::Relaxed);
    let outcomes = neighbours.await.expect("no panic");
    assert!(outcomes.len() >= 10_000);
    let failed = outcomes.iter().find(|(_, outcome)| outcome.is_err());
    assert!(failed.is_none(), "{failed:?}");
    let counted = client.metrics().events.reconnects;
    assert_eq!(counted, BTreeMap::from([("channel".to_owned(), 1)]));
    client.shutdown(SECOND).await;
}

/// event fault 13, where nobody may make what is missing
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_to_an_exchange_that_nobody_makes_fails_typed() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&format!("{}?declare=verify", broker.url()));
    let begun = Instant::now();
    let context = Context::new().with_timeout(2 * SECOND);
    let publish = async { client.events().publish(&numbered(1)).id("one").await };
    let error = scope(context, publish).await.expect_err("there is no exchange");
    assert_eq!(error.kind(), ErrorKind::Publish);
    assert_eq!(error.publish_failure(), Some(PublishFailure::Unconfirmed));
    assert_eq!(error.event_id(), Some("one"));
    assert!(error.to_string().contains("exchange `trunkline."), "{error}");
    assert!(begun.elapsed() < 3 * SECOND, "{:?}", begun.elapsed());
    client.shutdown(SECOND).await;
}

/// event fault 14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_for_a_target_that_was_never_started_wait_for_it() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url);
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let outcomes = publish_from(8, &events, &group, 0..1000, PATIENCE).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    client.shutdown(SECOND).await;
    let target = crate::support::client(&url);
    let worker = start(tallying(&target.events(), &group, &tally)).await;
    tally.wait_for(1000, PATIENCE).await;
    assert_eq!(tally.total(), 1000);
    worker.shutdown(SECOND).await.expect("settled");
    target.shutdown(SECOND).await;
}

#[tokio::test]
async fn a_dropped_publish_leaves_nothing_behind() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    events
        .publish(&numbered(0))
        .target(&group)
        .await
        .expect("confirmed");
    broker.settle().await;
    broker.kill();
    crate::support::until_state(&events, 5 * SECOND, crate::support::is_down).await;
    let dropped = events.publish(&numbered(1)).target(&group);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), dropped)
            .await
            .is_err()
    );
    broker.restart().await;
    events
        .publish(&numbered(2))
        .target(&group)
        .await
        .expect("confirmed");
    let worker = start(tallying(&events, &group, &tally)).await;
    tally.wait_for(2, PATIENCE).await;
    assert_eq!(tally.missing(0..3), [1]);
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}
