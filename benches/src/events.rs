//! Events within the process: encoded alone, published into a queue, and published, taken and handled.

use std::hint::black_box;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use trunkline::{Client, Delivery, Event, Events};

use crate::Result;
use crate::payload::Order;

/// An order of 1 KiB, as an event.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("order_paid", target = "shipping")]
#[serde(transparent)]
pub struct Paid(Order);

/// The target of the event, whose queue is published into.
const QUEUE: &str = "shipping";

/// How many events are under way to their handler at a time.
const UNDER_WAY: u32 = 64;

impl Paid {
    /// An event of 1 KiB.
    pub fn example() -> Self {
        Self(Order::example())
    }
}

/// What a publish cannot do without: the event as JSON, in a buffer of the right size.
///
/// # Panics
/// Never: the event is JSON.
pub fn encode(event: &Paid, bytes: usize) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(bytes);
    serde_json::to_writer(&mut buffer, event).expect("an order is JSON");
    black_box(buffer)
}

/// The events of a client whose one queue holds as many as are published here.
///
/// # Panics
/// Never: the address is legal.
pub fn queued() -> Events {
    let client = Client::builder()
        .name("benches")
        .events("memory:?events=10000000&bytes=100000000000");
    client.build().expect("a legal address").events()
}

/// Publishes so many into one queue, and nobody takes them.
///
/// # Errors
/// When one is refused: there is nothing to measure then.
pub async fn published(events: &Events, event: &Paid, count: u32) -> Result<()> {
    for _ in 0..count {
        black_box(events.publish(event).await?);
    }
    Ok(())
}

/// Publishes so many, and ends once they are handled.
///
/// # Errors
/// When one is refused.
pub async fn handled(events: &Events, event: &Paid, count: u32) -> Result<()> {
    let room = Arc::new(Semaphore::new(UNDER_WAY as usize));
    let handled = Arc::clone(&room);
    let handler = move |event: Delivery<Paid>| {
        black_box(&*event);
        handled.add_permits(1);
        std::future::ready(Ok::<(), trunkline::HandlerError>(()))
    };
    let worker = events.subscribe(QUEUE).on(handler).start().await?;
    for _ in 0..count {
        room.acquire().await?.forget();
        events.publish(event).await?;
    }
    let _all = room.acquire_many(UNDER_WAY).await?;
    worker.shutdown(std::time::Duration::from_secs(10)).await?;
    Ok(())
}
