//! What a publisher is told: refusals, events without a queue, and those that no broker takes.

use std::collections::BTreeSet;
use std::time::Duration;

use trunkline::PublishFailure;
use trunkline_tests::broker::{self, Broker};

use crate::support::{
    Numbered, PATIENCE, SECOND, Tally, builder, client, numbered, publish_from, scaled, start, tallying,
    unique,
};

/// event fault 11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_is_told_to_the_one_who_is_refused() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, open, full) = (client.events(), unique("open"), unique("full"));
    let policy = r#"{"max-length":100}"#;
    broker
        .ctl(&[
            "set_policy",
            "full",
            &format!("^trunkline.q.{full}"),
            policy,
            "--apply-to",
            "queues",
        ])
        .await;
    let count = scaled(4000, 40_000);
    let (to_open, to_full) = tokio::join!(
        publish_from(8, &events, &open, 0..count / 2, PATIENCE),
        publish_from(8, &events, &full, count / 2..count, 5 * SECOND),
    );
    let failed = to_open.iter().find(|(_, outcome)| outcome.is_err());
    assert!(failed.is_none(), "{failed:?}");
    let taken: BTreeSet<u32> = to_full
        .iter()
        .filter(|(_, outcome)| outcome.is_ok())
        .map(|(number, _)| *number)
        .collect();
    let refused: BTreeSet<u32> = to_full
        .iter()
        .filter(|(_, outcome)| {
            let failure = outcome.as_ref().err().and_then(trunkline::Error::publish_failure);
            failure == Some(PublishFailure::Refused)
        })
        .map(|(number, _)| *number)
        .collect();
    let (in_open, in_full) = (Tally::default(), Tally::default());
    let first = start(tallying(&events, &open, &in_open)).await;
    let second = start(tallying(&events, &full, &in_full)).await;
    in_open.wait_for(to_open.len(), PATIENCE).await;
    in_full.wait_for(taken.len(), PATIENCE).await;
    println!(
        "fault 11: {} to an open queue; {} taken, {} refused by a full one",
        to_open.len(),
        taken.len(),
        refused.len()
    );
    assert!(!refused.is_empty() && !taken.is_empty());
    assert!(
        in_full.missing(taken).is_empty(),
        "an event that was refused is said to be taken"
    );
    assert_eq!(
        in_full.missing(refused.iter().copied()).len(),
        refused.len(),
        "an event that was taken is said to be refused"
    );
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
    let many = {
        let (events, group) = (events.clone(), group.clone());
        tokio::spawn(async move { publish_from(8, &events, &group, 0..scaled(3000, 10_000), PATIENCE).await })
    };
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
    // The exchange of everybody, gone for a moment.
    let delete = "rabbit_exchange:delete(rabbit_misc:r(<<\"/\">>, exchange, <<\"trunkline.events\">>), false, <<\"a test\">>).";
    broker.ctl(&["eval", delete]).await;
    let outcomes = many.await.expect("no panic");
    let failed = outcomes.iter().find(|(_, outcome)| outcome.is_err());
    assert!(failed.is_none(), "{failed:?}");
    events
        .publish(&numbered(1))
        .target(&group)
        .await
        .expect("to an exchange that is there again");
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
