//! Events over `RabbitMQ`: confirmed by the broker, handled, and a look at how the connection stands.
//!
//! `cargo run --example events_rabbitmq`. The broker is at `MESSAGING_URL`, else on this machine; where none answers, this
//! says how to start one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline::{Client, Delivery, Event, EventsState, Result};

const LOCAL: &str = "amqp://guest:guest@127.0.0.1:5672";
const HOW: &str = "no broker answers; start one and try again:
    docker run --rm -p 5672:5672 rabbitmq:4
or, on Debian:
    apt-get install rabbitmq-server";

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
struct OrderPaid {
    order: u32,
}

/// Whether there is a connection within a few seconds; it is tried for without end.
async fn is_up(client: &Client) -> Result<bool> {
    let mut watch = client.events().watch()?;
    let up = async {
        while watch.state() != EventsState::Up {
            watch.changed().await;
        }
    };
    Ok(timeout(Duration::from_secs(5), up).await.is_ok())
}

#[tokio::main]
async fn main() -> Result<()> {
    let url = std::env::var("MESSAGING_URL").unwrap_or_else(|_| LOCAL.to_owned());
    let client = Client::builder().name("orders").events(url).build()?;
    if !is_up(&client).await? {
        println!("{HOW}");
        client.shutdown(Duration::from_secs(1)).await;
        return Ok(());
    }
    let events = client.events();
    let (done, mut handled) = mpsc::unbounded_channel();
    let worker = events
        .subscribe("shipping-example")
        .on(move |event: Delivery<OrderPaid>| {
            let sent = done.send((event.order, event.id().to_owned()));
            async move { sent }
        })
        .start()
        .await?;
    // For this group alone: the broker keeps it even if the group has never been started.
    for order in 1..=3 {
        let receipt = events
            .publish(&OrderPaid { order })
            .target("shipping-example")
            .await?;
        println!("confirmed: order {order} as {}", receipt.id());
    }
    for _ in 0..3 {
        if let Some((order, id)) = handled.recv().await {
            println!("handled: order {order} as {id}");
        }
    }
    worker.shutdown(Duration::from_secs(5)).await?;
    let figures = client.metrics().events;
    println!(
        "{} confirmed, {} in flight, connection {}",
        figures.confirmed, figures.in_flight, figures.state
    );
    client.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
