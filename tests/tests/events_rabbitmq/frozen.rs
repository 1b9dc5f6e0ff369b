//! A broker whose process is stopped: its sockets are open and say nothing.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use trunkline_tests::broker::Broker;

use crate::support::{
    Numbered, PATIENCE, SECOND, Tally, client, is_down, is_up, numbered, scaled, start, tallying, unique,
    until_state,
};

/// event fault 7
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_publish_is_stuck_in_half_a_frame() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group) = (client.events(), unique("group"));
    for round in 0..scaled(2, 20) {
        events
            .publish(&numbered(0))
            .target(&group)
            .await
            .expect("confirmed");
        broker.pause();
        let large = |number| Numbered {
            number,
            padding: "x".repeat(1_000_000),
        };
        let sent: Vec<_> = (0..40)
            .map(|number| tokio::spawn(events.publish(&large(number)).target(&group)))
            .collect();
        // Until the socket takes no more.
        sleep(SECOND / 2).await;
        broker.kill();
        let noticed = until_state(&events, SECOND, is_down).await;
        broker.restart().await;
        let answers = Instant::now();
        for sent in sent {
            let outcome = timeout(PATIENCE, sent)
                .await
                .expect("none is stuck")
                .expect("no panic");
            outcome.expect("confirmed by the broker that came back");
        }
        println!(
            "fault 7, round {round}: noticed after {noticed:?}, all done {:?} after it answered",
            answers.elapsed()
        );
    }
    client.shutdown(SECOND).await;
}

/// event fault 9
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_says_nothing_is_noticed_by_its_heartbeat() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&format!("{}?heartbeat=5", broker.url()));
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let worker = start(tallying(&events, &group, &tally)).await;
    events
        .publish(&numbered(0))
        .target(&group)
        .await
        .expect("confirmed");
    tally.wait_for(1, PATIENCE).await;
    broker.pause();
    let stopped = Instant::now();
    let context = trunkline::Context::new().with_timeout(PATIENCE);
    let publishes = trunkline::context::scope(context, async {
        let publish = |number| tokio::spawn(events.publish(&numbered(number)).target(&group));
        (1..=100).map(publish).collect::<Vec<_>>()
    });
    let sent = publishes.await;
    let noticed = until_state(&events, 12 * SECOND, is_down).await;
    sleep((30 * SECOND).saturating_sub(stopped.elapsed())).await;
    broker.resume();
    let resumed = Instant::now();
    tally.wait_for(2, 2 * SECOND).await;
    println!(
        "fault 9: noticed after {noticed:?}, consuming again after {:?}",
        resumed.elapsed()
    );
    for sent in sent {
        sent.await.expect("no panic").expect("confirmed");
    }
    tally.wait_for(101, PATIENCE).await;
    until_state(&events, Duration::from_secs(10), is_up).await;
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}
