//! What these tests share: clients of a broker, names that nobody else uses, and a tally of what was handled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use trunkline::{Client, ClientBuilder, Delivery, Event, Events, HandlerError, Subscribe, Worker};

use serde::{Deserialize, Serialize};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// Longer than anything here takes; reached, something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An event with a number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Numbered {
    pub(crate) number: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) padding: String,
}

impl Event for Numbered {
    const NAME: &'static str = "numbered";
}

/// One event of 1 KiB.
pub(crate) fn numbered(number: u32) -> Numbered {
    Numbered {
        number,
        padding: "x".repeat(1000),
    }
}

pub(crate) fn builder(url: &str) -> ClientBuilder {
    Client::builder().name("orders").events(url)
}

pub(crate) fn client(url: &str) -> Client {
    builder(url).build().expect("legal settings")
}

/// A name that no other test uses on a shared broker.
pub(crate) fn unique(name: &str) -> String {
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), name);
    format!("{name}-{random:x}")
}

/// What was handled, by number and by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    numbers: HashMap<u32, u32>,
    order: Vec<u32>,
    last: Option<Instant>,
}

impl Tally {
    pub(crate) fn push(&self, number: u32) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.numbers.entry(number).or_default() += 1;
        seen.order.push(number);
        seen.last = Some(Instant::now());
    }

    pub(crate) fn distinct(&self) -> usize {
        self.with(|seen| seen.numbers.len())
    }

    pub(crate) fn total(&self) -> usize {
        self.with(|seen| seen.order.len())
    }

    pub(crate) fn order(&self) -> Vec<u32> {
        self.with(|seen| seen.order.clone())
    }

    pub(crate) fn last(&self) -> Option<Instant> {
        self.with(|seen| seen.last)
    }

    pub(crate) fn missing(&self, all: impl IntoIterator<Item = u32>) -> Vec<u32> {
        self.with(|seen| {
            let is_missing = |number: &u32| !seen.numbers.contains_key(number);
            all.into_iter().filter(is_missing).collect()
        })
    }

    fn with<T>(&self, read: impl FnOnce(&Seen) -> T) -> T {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until so many distinct ones were handled.
    pub(crate) async fn wait_for(&self, distinct: usize, limit: Duration) {
        let waited = wait_until(limit, || self.distinct() >= distinct).await;
        assert!(waited, "{} of {distinct} within {limit:?}", self.distinct());
    }
}

/// Whether it came true in time.
pub(crate) async fn wait_until(limit: Duration, mut is_true: impl FnMut() -> bool) -> bool {
    let looking = async {
        while !is_true() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(limit, looking).await.is_ok()
}

/// A subscription that tallies.
pub(crate) fn tallying(events: &Events, group: &str, tally: &Tally) -> Subscribe {
    let tally = tally.clone();
    events.subscribe(group).on(move |event: Delivery<Numbered>| {
        tally.push(event.number);
        async { Ok::<(), HandlerError>(()) }
    })
}

pub(crate) async fn start(subscribe: Subscribe) -> Worker {
    timeout(PATIENCE, subscribe.start())
        .await
        .expect("it does not hang")
        .expect("the queues can be declared")
}
