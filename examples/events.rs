//! Events: published with a receipt, handled once, tried again when a handler fails, kept when it gives up.
//!
//! `cargo run --example events`. Nothing to set up: the bus is in this process. With `MESSAGING_URL` or
//! `Client::builder().events(..)` the same code talks to a broker.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::sleep;
use trunkline::{
    Client, Context, Delivery, Event, Events, HandlerError, Receipt, Result, Worker, context, service,
};

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
struct OrderPaid {
    order: u32,
    amount: f64,
}

#[derive(Serialize, Event)]
#[event("hello", version = 2, expires = "24h")]
struct Hello<'a> {
    name: &'a str,
}

/// What the service is told, beside what it is asked: a call would be another method of this trait.
#[service("greeter")]
trait Greeter {
    #[publish(priority = "high")]
    async fn hello(&self, event: &Hello<'_>) -> Result<Receipt>;
}

/// A group of its own: every group receives every event, the members of one compete.
async fn start_shipping(events: &Events) -> Result<Worker> {
    events
        .subscribe("shipping")
        .on(|event: Delivery<OrderPaid>| async move {
            println!("shipping: attempt {} at order {}", event.attempt(), event.order);
            match event.order {
                // As any error: twice at once, then after each step of the ladder.
                2 if event.attempt() < 4 => Err(HandlerError::retry("the depot does not answer")),
                // Never going to work: a dead letter, at once.
                3 => Err(HandlerError::reject("nothing was ordered")),
                _ => Ok(()),
            }
        })
        .ladder([Duration::from_millis(200), Duration::from_secs(1)])
        .start()
        .await
}

/// Without a type: the event is a `serde_json::Value`.
async fn start_audit(events: &Events) -> Result<Worker> {
    events
        .subscribe("audit")
        .on_named("order_paid", |event| async move {
            let (order, trace) = (&event["order"], event.context().trace_id());
            println!("audit: order {order} by {}, trace {trace}", event.source());
            Ok::<(), HandlerError>(())
        })
        .concurrency(1)
        .start()
        .await
}

async fn publish(client: &Client) -> Result<()> {
    let events = client.events();
    for order in 1..=3 {
        let receipt = events.publish(&OrderPaid { order, amount: 9.5 }).await?;
        println!(
            "published order {order}: {} is {:?}",
            receipt.id(),
            receipt.stage()
        );
    }
    // The same event once more, as after a crash between publishing and noting it down: nobody handles it twice.
    for _ in 0..2 {
        events
            .publish(&OrderPaid {
                order: 4,
                amount: 1.0,
            })
            .id("order-4-paid")
            .await?;
    }
    // For one service alone, which need not be running yet.
    GreeterClient::new(client).hello(&Hello { name: "Ada" }).await?;
    // Without a type.
    events
        .publish_named("goodbye", &json!({ "name": "Ada" }))
        .target("greeter")
        .await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::builder().name("orders").build()?;
    let events = client.events();
    let workers = [start_shipping(&events).await?, start_audit(&events).await?];

    // Whatever is published in a context carries its trace, through to the handlers and what they call.
    let request = Context::new().with_trace_id("request-17");
    context::scope(request, publish(&client)).await?;
    sleep(Duration::from_millis(500)).await;

    for letter in events.dead("shipping").list().await? {
        println!(
            "dead letter: {} of {}: {}",
            letter.name(),
            letter.source(),
            letter.reason()
        );
        events.dead("shipping").discard(letter.id()).await?;
    }
    for worker in workers {
        worker.shutdown(Duration::from_secs(5)).await?;
    }
    let figures = client.metrics().events;
    let shipping = &figures.queues["shipping"];
    println!(
        "{} confirmed; shipping handled {} in {} attempts",
        figures.confirmed, shipping.handled, shipping.attempts
    );
    println!(
        "for the greeter, once it is there: {}",
        figures.queues["greeter"].depth
    );
    Ok(())
}
