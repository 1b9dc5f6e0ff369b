//! Events within the process: encoded alone, published into a queue, and published, taken and handled.

use std::future::ready;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use trunkline::{Client, Delivery, Event, Events, HandlerError, Worker};

use crate::Result;
use crate::clock::{Cost, Stopwatch};
use crate::payload::Order;

/// An order of 1 KiB, as an event.
#[derive(Clone, Debug, Serialize, Deserialize, Event)]
#[event("order_paid", target = "shipping")]
#[serde(transparent)]
pub struct Paid(Order);

/// The target of the event, whose queue is published into.
const QUEUE: &str = "shipping";

/// How many events are under way to their handler at a time.
const BATCH: u32 = 64;

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

/// What a handler that is given its event cannot do without: the event from its bytes.
///
/// # Panics
/// Never for what [`encode`] made.
pub fn decode(bytes: &[u8]) {
    black_box(serde_json::from_slice::<Paid>(bytes).expect("an order"));
}

/// A handler that has nothing to do.
pub(crate) async fn ignore(event: Delivery<Paid>) -> std::result::Result<(), HandlerError> {
    black_box(&*event);
    Ok(())
}

/// Publishes so many into a queue that nobody takes from.
///
/// # Errors
/// When one is refused: there is nothing to measure then.
pub async fn published(events: &Events, event: &Paid, count: u32) -> Result<()> {
    for _ in 0..count {
        black_box(events.publish(event).await?);
    }
    Ok(())
}

/// A queue with a worker that takes from it, so that it never grows: memory goes round, as it does in a service.
pub struct Shipping {
    events: Events,
    _worker: Worker,
    handled: Arc<Semaphore>,
    so_far: AtomicU32,
}

impl Shipping {
    /// Starts the worker, of a client of its own.
    ///
    /// # Errors
    /// Never at `memory:`.
    pub async fn start() -> Result<Self> {
        let events = Client::builder().name("benches").build()?.events();
        let handled = Arc::new(Semaphore::new(0));
        let done = Arc::clone(&handled);
        let handle = move |event: Delivery<Paid>| {
            black_box(&*event);
            done.add_permits(1);
            ready(Ok::<(), HandlerError>(()))
        };
        Ok(Self {
            _worker: events.subscribe(QUEUE).on(handle).start().await?,
            events,
            handled,
            so_far: AtomicU32::new(0),
        })
    }

    /// Publishes so many from two tasks, which share the runtime's threads with those that handle, and waits until they are
    /// handled.
    ///
    /// # Errors
    /// When one is refused.
    pub async fn stream(&self, event: &Paid, count: u32) -> Result<()> {
        let publish = |count: u32| {
            let (events, handled, event) = (self.events.clone(), Arc::clone(&self.handled), event.clone());
            tokio::spawn(async move {
                let mut left = count;
                while left > 0 {
                    let batch = left.min(BATCH);
                    published(&events, &event, batch).await?;
                    handled.acquire_many(batch).await?.forget();
                    left -= batch;
                }
                Result::Ok(())
            })
        };
        let (one, other) = (publish(count / 2), publish(count.div_ceil(2)));
        one.await??;
        other.await?
    }

    /// How many were handled.
    pub fn handled_so_far(&self) -> u32 {
        self.so_far.load(Ordering::Relaxed)
    }

    /// Publishes so many and waits until they are handled; the cost is that of publishing alone, or of all.
    ///
    /// # Errors
    /// When one is refused.
    pub async fn take(&self, event: &Paid, count: u32, with_handling: bool) -> Result<Cost> {
        let mut watch = Stopwatch::default();
        let mut left = count;
        while left > 0 {
            let batch = left.min(BATCH);
            watch.start();
            // Shorter than the turn of a task, so that the worker has none in between.
            published(&self.events, event, batch).await?;
            if !with_handling {
                watch.stop();
            }
            self.handled.acquire_many(batch).await?.forget();
            watch.stop();
            left -= batch;
        }
        self.so_far.fetch_add(count, Ordering::Relaxed);
        Ok(watch.cost(count))
    }
}
