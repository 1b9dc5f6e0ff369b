//! Exchanges that an operator deletes, all that was bound to them with them, and the queue of what is unrouted.

use tokio::time::{Instant, sleep};
use trunkline_tests::broker::Broker;

use crate::support::{PATIENCE, SECOND, Tally, client, numbered, start, tallying, unique, wait_until};

async fn delete(broker: &Broker, exchange: &str) {
    let delete = format!(
        "rabbit_exchange:delete(rabbit_misc:r(<<\"/\">>, exchange, <<\"{exchange}\">>), false, <<\"a test\">>)."
    );
    broker.ctl(&["eval", &delete]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_notices_that_an_exchange_is_gone_binds_again_what_it_knows() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let (other, others) = (unique("other"), Tally::default());
    let worker = start(tallying(&events, &group, &tally)).await;
    let sent = events.publish(&numbered(0)).target(&other).await;
    sent.expect("kept for a target that was never started");
    for round in 1..=2 {
        delete(&broker, "trunkline.events").await;
        for number in round * 10..round * 10 + 10 {
            events.publish(&numbered(number)).await.expect("confirmed");
            let sent = events.publish(&numbered(number)).target(&other).await;
            sent.expect("confirmed");
        }
        let all = 10 * usize::try_from(round).expect("small");
        tally.wait_for(all, PATIENCE).await;
    }
    let worker_of_other = start(tallying(&events, &other, &others)).await;
    others.wait_for(21, PATIENCE).await;
    let unrouted = events.unrouted().list().await.expect("the broker is there");
    assert!(unrouted.is_empty(), "{unrouted:?}");
    worker_of_other.shutdown(SECOND).await.expect("settled");
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_binds_again_what_somebody_else_has_declared_without_it() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let (subscriber, publisher) = (client(&broker.url()), client(&broker.url()));
    let (group, tally) = (unique("group"), Tally::default());
    let worker = start(tallying(&subscriber.events(), &group, &tally)).await;
    let events = publisher.events();
    events.publish(&numbered(0)).await.expect("confirmed");
    tally.wait_for(1, PATIENCE).await;
    delete(&broker, "trunkline.events").await;
    // Without the subscription, of which this one knows nothing.
    let mut number = 1;
    let is_back = loop {
        events.publish(&numbered(number)).await.expect("confirmed");
        if wait_until(SECOND / 2, || tally.distinct() > 1).await {
            break true;
        }
        number += 1;
        if number > 120 {
            break false;
        }
    };
    assert!(is_back, "nothing comes any more");
    // What went nowhere was kept, and can be sent again.
    events.unrouted().replay_all().await.expect("the broker is there");
    tally
        .wait_for(usize::try_from(number).expect("small") + 1, PATIENCE)
        .await;
    worker.shutdown(SECOND).await.expect("settled");
    subscriber.shutdown(SECOND).await;
    publisher.shutdown(SECOND).await;
}

/// Without a subscription, which declares it too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_only_publishes_makes_the_queue_of_what_is_unrouted_again() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let events = client.events();
    events.publish(&numbered(0)).await.expect("confirmed");
    let unrouted = events.unrouted();
    assert_eq!(unrouted.list().await.expect("there").len(), 1);
    broker.ctl(&["delete_queue", "trunkline.unrouted"]).await;
    assert!(unrouted.list().await.expect("there").is_empty());
    let deleted = Instant::now();
    while unrouted.list().await.expect("there").is_empty() {
        assert!(deleted.elapsed() < 15 * SECOND, "nothing is kept any more");
        events.publish(&numbered(1)).await.expect("confirmed");
        sleep(SECOND / 2).await;
    }
    client.shutdown(SECOND).await;
}
