//! What the metrics say of events.

use std::time::Duration;

use tokio::time::sleep;
use trunkline::{Client, Delivery, EventMetrics, HandlerError, Result};
use trunkline_tests::events::{Paid, SECOND, client};

#[tokio::test(start_paused = true)]
async fn everything_that_happens_to_an_event_is_counted() -> Result<()> {
    let client = client();
    let events = client.events();
    let worker = events
        .subscribe("shipping")
        .ladder([10 * SECOND])
        .on(|event: Delivery<Paid>| async move {
            match event.order {
                0 => Err(HandlerError::reject("no")),
                1 => Err(HandlerError::retry("no")),
                _ => Ok(()),
            }
        })
        .start()
        .await?;
    for order in 0..5 {
        events.publish(&Paid { order }).id(order.to_string()).await?;
    }
    events.publish(&Paid { order: 4 }).id("4").await?;
    events.publish_named("nobody", &1).await?;
    sleep(SECOND).await;

    let figures = client.metrics().events;
    assert_eq!(
        (
            figures.accepted,
            figures.confirmed,
            figures.failed,
            figures.in_flight
        ),
        (7, 7, 0, 0)
    );
    assert_eq!(
        (figures.confirm_latency.count, figures.unrouted, figures.nacks),
        (7, 1, 0)
    );
    let queue = &figures.queues["shipping"];
    assert_eq!(
        (queue.handled, queue.attempts, queue.failures, queue.duplicates),
        (3, 7, 4, 1)
    );
    assert_eq!(
        (
            queue.dead,
            queue.buried,
            queue.waiting,
            queue.in_hand,
            queue.depth
        ),
        (1, 1, 1, 0, 0)
    );

    worker.shutdown(SECOND).await?;
    for order in 5..8 {
        events.publish(&Paid { order }).await?;
    }
    sleep(30 * SECOND).await;
    let metrics = client.metrics();
    let queue = &metrics.events.queues["shipping"];
    assert_eq!((queue.depth, queue.age), (3, 30 * SECOND));
    let json = serde_json::to_value(&metrics).unwrap();
    assert_eq!(json["events"]["queues"]["shipping"]["age_ms"], 30_000.0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn metrics_that_are_off_are_empty() -> Result<()> {
    let client = Client::builder().metrics(false).build()?;
    client.events().publish(&Paid { order: 1 }).await?;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(client.metrics().events, EventMetrics::default());
    Ok(())
}
