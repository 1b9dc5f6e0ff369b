//! Events within the process, from the first publish to the dead letters, in paused time.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use trunkline::{Client, Delivery, Event, Events, HandlerError, Priority, Result, Stage, Worker};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Paid {
    order: u32,
}

impl Event for Paid {
    const NAME: &'static str = "order.paid";
}

fn events() -> Events {
    events_at("memory:")
}

fn events_at(url: &str) -> Events {
    let client = Client::builder().name("orders").events(url).build();
    client.expect("legal settings").events()
}

/// A worker of the group that hands every delivery over.
async fn listen(events: &Events, group: &str) -> (Worker, mpsc::UnboundedReceiver<Delivery<Paid>>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let worker = events
        .subscribe(group)
        .on(move |event: Delivery<Paid>| {
            let sent = sender.send(event);
            async move { sent.map_err(|_| HandlerError::retry("the test is over")) }
        })
        .start()
        .await
        .expect("a legal subscription");
    (worker, receiver)
}

#[tokio::test(start_paused = true)]
async fn a_published_event_is_handled_with_all_that_is_said_of_it() -> Result<()> {
    let events = events();
    let (worker, mut handled) = listen(&events, "shipping").await;
    let receipt = events
        .publish(&Paid { order: 7 })
        .target("shipping")
        .priority(Priority::High)
        .correlation_id("order-7")
        .header("tenant", "a")
        .await?;
    let event = handled.recv().await.unwrap();
    assert_eq!((event.id(), receipt.stage()), (receipt.id(), Stage::Confirmed));
    assert_eq!((event.name(), event.source()), ("order.paid", "orders"));
    assert_eq!(
        (event.target(), event.priority()),
        (Some("shipping"), Priority::High)
    );
    assert_eq!((event.attempt(), event.order), (1, 7));
    assert_eq!(
        (event.correlation_id(), event.header("tenant")),
        (Some("order-7"), Some("a"))
    );
    assert_eq!(worker.shutdown(SECOND).await?.abandoned, 0);
    Ok(())
}
