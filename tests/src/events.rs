//! What the tests of events share: a typed event, a client without a network, and a log of what a handler saw.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use trunkline::{Client, Delivery, Event, Events};

/// One second, the unit of most waits.
pub const SECOND: Duration = Duration::from_secs(1);

/// An order was paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// Its number.
    pub order: u32,
}

impl Event for Paid {
    const NAME: &'static str = "order.paid";
}

/// A client whose events stay in the process.
///
/// # Panics
/// Never: nothing is set that could be wrong.
pub fn client() -> Client {
    Client::builder().name("orders").build().expect("legal settings")
}

/// The events of a new client at this address.
///
/// # Panics
/// When the address is not one that this build speaks.
pub fn events_at(url: &str) -> Events {
    let client = Client::builder().name("orders").events(url).build();
    client.expect("legal settings").events()
}

/// One attempt at handling an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The order that was paid.
    pub order: u32,
    /// The event's id.
    pub id: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// When, counted from the log's beginning.
    pub at: Duration,
}

/// What handlers saw, in its order; a cheap clone over one list.
#[derive(Clone, Debug)]
pub struct Log {
    started: Instant,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Log {
    /// An empty list, from now on.
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            seen: Arc::default(),
        }
    }

    /// Adds an attempt.
    pub fn push(&self, event: &Delivery<Paid>) {
        let seen = Seen {
            order: event.order,
            id: event.id().to_owned(),
            attempt: event.attempt(),
            at: self.started.elapsed(),
        };
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(seen);
    }

    /// All attempts so far.
    pub fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The orders that were seen, in their order.
    pub fn orders(&self) -> Vec<u32> {
        self.all().iter().map(|seen| seen.order).collect()
    }

    /// Waits, in paused time, until there are so many attempts.
    ///
    /// # Panics
    /// When there are not so many within a day.
    pub async fn wait_for(&self, attempts: usize) {
        for _ in 0..24 * 60 * 60 * 10 {
            if self.all().len() >= attempts {
                return;
            }
            sleep(SECOND / 10).await;
        }
        panic!("{} of {attempts} attempts", self.all().len());
    }
}
