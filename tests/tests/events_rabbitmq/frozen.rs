//! A broker whose process is stopped: its sockets are open and say nothing.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use trunkline::PublishFailure;
use trunkline_tests::amqp_peer::{Manner, Peer};
use trunkline_tests::broker::Broker;

use crate::support::{
    Numbered, PATIENCE, SECOND, Tally, builder, client, is_down, is_up, numbered, scaled, start, tallying,
    unique, until_state, wait_until,
};

/// Bytes that a socket of this process holds back, since whoever listens on this port takes no more.
fn held_back(port: u16) -> u64 {
    let sockets = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
    let to_port = format!(":{port:04X}");
    let held = sockets.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(2);
        let is_to_port = fields.next()?.ends_with(&to_port);
        let queued = fields.nth(1)?.split(':').next()?;
        is_to_port.then(|| u64::from_str_radix(queued, 16).ok())?
    });
    held.sum()
}

/// Waits until a frame is half written: the socket is full, and stays so.
async fn until_stuck(port: u16) {
    let (mut before, mut same) = (0, 0);
    let is_stuck = wait_until(PATIENCE, || {
        let now = held_back(port);
        same = if now > 0 && now == before { same + 1 } else { 0 };
        before = now;
        same >= 20
    });
    assert!(is_stuck.await, "the socket takes everything");
}

/// event fault 7
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_publish_is_stuck_in_half_a_frame() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    for round in 0..scaled(2, 20) {
        // Another node, which is well, so that what is measured is not the start of the first.
        let other = Peer::start([Manner::Well]).await;
        let client = client(&format!("{},{}", broker.url(), other.url()));
        let (events, group) = (client.events(), unique("group"));
        let sent = events.publish(&numbered(0)).target(&group).await;
        sent.expect("confirmed by the broker");
        broker.pause();
        let large = |number| Numbered {
            number,
            padding: "x".repeat((1 << 20) - 64),
        };
        let sent: Vec<_> = (0..40)
            .map(|number| tokio::spawn(events.publish(&large(number)).target(&group)))
            .collect();
        until_stuck(broker.address().port()).await;
        assert!(sent.iter().all(|sent| !sent.is_finished()), "nobody confirms");
        broker.kill();
        let reset = Instant::now();
        for sent in sent {
            let outcome = timeout(PATIENCE, sent).await.expect("none is stuck");
            outcome.expect("no panic").expect("confirmed by the other node");
        }
        let took = reset.elapsed();
        println!("fault 7, round {round}: all resolved {took:?} after the reset");
        assert!(took <= SECOND, "{took:?}");
        client.shutdown(SECOND).await;
        broker.restart().await;
    }
}

/// event fault 13, where another broker may have taken it
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_second_broker_finds_too_large_is_unconfirmed() {
    let (first, second) = tokio::join!(Broker::start(), Broker::start());
    let (Some(mut first), Some(second)) = (first, second) else {
        return;
    };
    second
        .ctl(&["eval", "application:set_env(rabbit, max_message_size, 100000)."])
        .await;
    let client = builder(&format!("{},{}", first.url(), second.url()))
        .max_event(16 << 20)
        .build()
        .expect("legal");
    let (events, group) = (client.events(), unique("group"));
    let sent = events.publish(&numbered(0)).target(&group).await;
    sent.expect("confirmed by the first");
    first.pause();
    let large = Numbered {
        number: 1,
        padding: "x".repeat(15 << 20),
    };
    let publishing = tokio::spawn(events.publish(&large).target(&group));
    until_stuck(first.address().port()).await;
    first.kill();
    let outcome = timeout(PATIENCE, publishing).await.expect("it is answered");
    let error = outcome
        .expect("no panic")
        .expect_err("the second takes no such event");
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unconfirmed),
        "{error}"
    );
    assert!(error.to_string().contains("at most 100000"), "{error}");
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
