//! A channel that the broker closes, and nothing but the channel: its acknowledgements are late.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::time::Instant;
use trunkline::{Delivery, HandlerError, Inbox};
use trunkline_tests::broker::Broker;

use crate::support::{
    Numbered, PATIENCE, SECOND, Tally, client, is_up, numbered, start, unique, until_state, wait_until,
};

/// The number whose first handler does not end before the channel is closed.
const STUCK: u32 = 0;

/// How late an acknowledgement may be, and how often that is looked at: half an hour and a minute, unless set. Long enough that
/// no other is late on a busy machine.
const IMPATIENT: &[&str] = &[
    "eval",
    "application:set_env(rabbit, consumer_timeout, 3000), application:set_env(rabbit, channel_tick_interval, 100).",
];

/// event fault 15, a channel error
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_whose_acknowledgements_are_late_begins_anew_at_once() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    broker.ctl(IMPATIENT).await;
    let client = client(&broker.url());
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let (handled, was_stuck) = (tally.clone(), Arc::<AtomicBool>::default());
    let closed = Arc::<Notify>::default();
    let release = Arc::clone(&closed);
    let subscribe = events.subscribe(&group).on(move |event: Delivery<Numbered>| {
        let is_stuck = event.number == STUCK && !was_stuck.swap(true, Ordering::Relaxed);
        let (handled, release) = (handled.clone(), Arc::clone(&release));
        async move {
            if is_stuck {
                release.notified().await;
            }
            handled.push(event.number);
            Ok::<(), HandlerError>(())
        }
    });
    let worker = start(subscribe.inbox(Inbox::off())).await;
    let begun = Instant::now();
    let publish = async |number| events.publish(&numbered(number)).target(&group).await;
    publish(STUCK).await.expect("confirmed");
    let is_closed = || !client.metrics().events.reconnects.is_empty();
    let mut number = STUCK;
    while !is_closed() {
        assert!(
            begun.elapsed() < PATIENCE,
            "{:?}",
            client.metrics().events.reconnects
        );
        number += 1;
        publish(number).await.expect("confirmed");
        wait_until(SECOND / 10, || tally.missing([number]).is_empty()).await;
    }
    closed.notify_one();
    let counted = client.metrics().events.reconnects;
    assert_eq!(counted, BTreeMap::from([("channel".to_owned(), 1)]));
    publish(number + 1).await.expect("confirmed");
    let all = || tally.missing(0..number + 2).is_empty();
    assert!(
        wait_until(PATIENCE, all).await,
        "{:?} are lost",
        tally.missing(0..number + 2)
    );
    let longest = tally.longest_gap(begun);
    println!("fault 15: consuming again after {longest:?}, a channel error");
    assert!(longest <= 2 * SECOND, "{longest:?}");
    until_state(&events, SECOND, is_up).await;
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}
