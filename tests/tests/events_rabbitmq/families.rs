//! Events in the formats of families A and B, over the exchanges and queues that their own services declare.

use std::time::Duration;

use trunkline::{Client, Delivery, EventFormat, Events, HandlerError, Subscribe};
use trunkline_tests::broker;

use crate::support::{Numbered, PATIENCE, SECOND, Tally, builder, numbered, start, unique, wait_until};

fn client(url: &str, format: EventFormat) -> Client {
    builder(url).event_format(format).build().expect("legal settings")
}

/// A subscription to a name of its own, since the families bind names and not groups.
fn named(events: &Events, group: &str, name: &str, tally: &Tally) -> Subscribe {
    let tally = tally.clone();
    events
        .subscribe(group)
        .on_named(name, move |event: Delivery<serde_json::Value>| {
            let event: Numbered = serde_json::from_value(event.clone()).expect("one of ours");
            tally.push(event.number);
            async { Ok::<(), HandlerError>(()) }
        })
}

async fn publish(events: &Events, name: &str, numbers: std::ops::Range<u32>) {
    let publish = |number: u32| {
        let publish = events.publish_named(name, &numbered(number));
        tokio::spawn(publish.id(format!("{name}-{number}")))
    };
    let sent: Vec<_> = numbers.map(publish).collect();
    for sent in sent {
        sent.await.expect("no panic").expect("confirmed");
    }
}

/// What has no queue there is unrouted, all of it, and comes once somebody has bound it and it is asked back.
async fn keeps_what_has_no_queue(format: EventFormat) {
    let Some(url) = broker::url().await else { return };
    let client = client(&url, format);
    let (events, group) = (client.events(), unique("group"));
    let (bound, unbound) = (unique("bound"), unique("unbound"));
    let (handled, replayed) = (Tally::default(), Tally::default());
    let worker = start(named(&events, &group, &bound, &handled)).await;
    // One after the other, so that each that comes back is among others that do not.
    tokio::join!(
        publish(&events, &bound, 0..300),
        publish(&events, &unbound, 0..100)
    );
    handled.wait_for(300, PATIENCE).await;
    let unrouted = events.unrouted().list().await.expect("the broker is there");
    let mut ids: Vec<&str> = unrouted.iter().map(trunkline::DeadLetter::id).collect();
    ids.retain(|id| id.starts_with(&unbound));
    assert_eq!(ids.len(), 100, "each is kept once");
    assert!(unrouted.iter().all(|letter| letter.name() != bound));

    let late = start(named(&events, &group, &unbound, &replayed)).await;
    for id in ids {
        assert!(events.unrouted().replay(id).await.expect("there"), "{id}");
    }
    replayed.wait_for(100, PATIENCE).await;
    worker.shutdown(SECOND).await.expect("settled");
    late.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn family_a_keeps_what_has_no_queue() {
    keeps_what_has_no_queue(EventFormat::FamilyA).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn family_b_keeps_what_has_no_queue() {
    keeps_what_has_no_queue(EventFormat::FamilyB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_family_a_an_event_is_handled_by_its_target_alone() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url, EventFormat::FamilyA);
    let (events, alpha, beta, name) = (client.events(), unique("alpha"), unique("beta"), unique("paid"));
    let (by_alpha, by_beta) = (Tally::default(), Tally::default());
    let first = start(named(&events, &alpha, &name, &by_alpha)).await;
    let second = start(named(&events, &beta, &name, &by_beta)).await;
    for number in 0..10 {
        let publish = events.publish_named(&*name, &numbered(number)).target(&beta);
        publish.await.expect("confirmed");
    }
    publish(&events, &name, 10..11).await;
    by_beta.wait_for(11, PATIENCE).await;
    by_alpha.wait_for(1, PATIENCE).await;
    let skipped = || client.metrics().events.queues[&alpha].skipped;
    assert!(wait_until(PATIENCE, || skipped() == 10).await, "{}", skipped());
    assert_eq!(by_alpha.order(), [10], "the one that is for all");
    first.shutdown(SECOND).await.expect("settled");
    second.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_family_a_a_subscription_gets_each_event_beside_its_group() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url, EventFormat::FamilyA);
    let (events, group, name) = (client.events(), unique("group"), unique("paid"));
    let (own, audit) = (Tally::default(), Tally::default());
    let first = start(named(&events, &group, &name, &own)).await;
    let second = start(named(&events, &group, &name, &audit).subscription("audit")).await;
    publish(&events, &name, 0..20).await;
    own.wait_for(20, PATIENCE).await;
    audit.wait_for(20, PATIENCE).await;
    first.shutdown(SECOND).await.expect("settled");
    second.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test]
async fn in_family_b_a_subscription_is_refused() {
    let Some(url) = broker::url().await else { return };
    let client = client(&url, EventFormat::FamilyB);
    let events = client.events();
    let subscribe = named(&events, &unique("group"), "paid", &Tally::default());
    let error = subscribe.subscription("audit").start().await.expect_err("shared");
    assert_eq!(error.kind(), trunkline::ErrorKind::Config);
    assert!(error.message().contains("family B"), "{error}");
    client.shutdown(SECOND).await;
}

/// What fails goes the ladder and is dead, whichever queue it came from.
async fn climbs_the_ladder(format: EventFormat) {
    let Some(url) = broker::url().await else { return };
    let client = client(&url, format);
    let (events, group, name) = (client.events(), unique("group"), unique("fails"));
    let attempts = Tally::default();
    let seen = attempts.clone();
    let subscribe = events
        .subscribe(&group)
        .on_named(&*name, move |event: Delivery<serde_json::Value>| {
            seen.push(event.attempt());
            async { Err::<(), _>(HandlerError::retry("no stock")) }
        });
    let worker = start(subscribe.ladder([50, 100].map(Duration::from_millis))).await;
    publish(&events, &name, 0..1).await;
    attempts.wait_for(5, PATIENCE).await;
    let buried = || client.metrics().events.queues[&group].buried;
    assert!(wait_until(PATIENCE, || buried() == 1).await);
    assert_eq!(attempts.order(), [1, 2, 3, 4, 5]);
    let dead = events.dead(&group).list().await.expect("the broker is there");
    assert_eq!(
        (dead.len(), dead[0].attempts(), dead[0].reason()),
        (1, 5, "no stock")
    );
    assert_eq!(dead[0].id(), format!("{name}-0"));
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_in_family_a_climbs_the_ladder() {
    climbs_the_ladder(EventFormat::FamilyA).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_in_family_b_climbs_the_ladder() {
    climbs_the_ladder(EventFormat::FamilyB).await;
}
