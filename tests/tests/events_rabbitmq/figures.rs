//! What the metrics say of the queues of a broker.

use std::sync::Arc;

use tokio::sync::Semaphore;
use trunkline::{Client, Delivery, HandlerError, QueueMetrics};
use trunkline_tests::broker::Broker;

use crate::support::{Numbered, PATIENCE, SECOND, client, numbered, start, unique, wait_until};

async fn until(client: &Client, label: &str, is_it: impl Fn(&QueueMetrics) -> bool) {
    let figures = || {
        client
            .metrics()
            .events
            .queues
            .get(label)
            .cloned()
            .unwrap_or_default()
    };
    assert!(
        wait_until(PATIENCE, || is_it(&figures())).await,
        "{:?}",
        figures()
    );
}

/// In memory these are `events_memory::figures`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_figures_of_a_queue_are_those_of_the_broker_and_of_what_is_in_hand() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group) = (client.events(), unique("group"));
    let may_end = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&may_end);
    let handle = move |event: Delivery<Numbered>| {
        let gate = Arc::clone(&gate);
        async move {
            match event.number {
                0 => Err(HandlerError::reject("no such order")),
                1 => Err(HandlerError::RetryAfter(600 * SECOND)),
                _ => {
                    gate.acquire().await.expect("open").forget();
                    Ok(())
                }
            }
        }
    };
    let subscribe = events.subscribe(&group).on(handle).concurrency(2).prefetch(4);
    let worker = start(subscribe).await;
    for number in 0..12 {
        let sent = events.publish(&numbered(number)).target(&group).await;
        sent.expect("confirmed");
    }
    let unrouted = events.publish(&numbered(0)).routing_key("nobody.binds.this");
    unrouted.await.expect("confirmed");
    let is_full = |queue: &QueueMetrics| {
        let held = (queue.depth, queue.in_hand, queue.waiting, queue.dead);
        held == (6, 4, 1, 1)
    };
    until(&client, &group, is_full).await;
    assert_eq!(client.metrics().events.unrouted, 1);
    may_end.add_permits(100);
    let is_empty = |queue: &QueueMetrics| (queue.depth, queue.in_hand, queue.waiting) == (0, 0, 1);
    until(&client, &group, is_empty).await;
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}
