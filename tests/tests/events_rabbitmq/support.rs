//! What these tests share: clients of a broker, names that nobody else uses, and a tally of what was handled.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
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
    numbers: HashMap<u32, BTreeSet<String>>,
    order: Vec<u32>,
    moments: Vec<Instant>,
}

impl Seen {
    fn push(&mut self, number: u32) {
        self.order.push(number);
        self.moments.push(Instant::now());
    }
}

impl Tally {
    pub(crate) fn push(&self, number: u32) {
        self.with(|seen| {
            seen.numbers.entry(number).or_default();
            seen.push(number);
        });
    }

    pub(crate) fn push_event(&self, event: &Delivery<Numbered>) {
        self.with(|seen| {
            let ids = seen.numbers.entry(event.number).or_default();
            ids.insert(event.id().to_owned());
            seen.push(event.number);
        });
    }

    /// Those that were handled under another id than theirs, whether or not under theirs too.
    pub(crate) fn under_other_ids<'a>(&self, sent: impl IntoIterator<Item = (u32, &'a str)>) -> Vec<u32> {
        self.with(|seen| {
            let is_other = |(number, id): &(u32, &str)| {
                let ids = seen.numbers.get(number);
                ids.is_some_and(|ids| ids.iter().any(|handled| handled != id))
            };
            sent.into_iter()
                .filter(is_other)
                .map(|(number, _)| number)
                .collect()
        })
    }

    /// Those that were handled under more than one id.
    pub(crate) fn with_several_ids(&self) -> Vec<u32> {
        self.with(|seen| {
            let several = seen.numbers.iter().filter(|(_, ids)| ids.len() > 1);
            several.map(|(number, _)| *number).collect()
        })
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

    pub(crate) fn missing(&self, all: impl IntoIterator<Item = u32>) -> Vec<u32> {
        self.with(|seen| {
            let is_missing = |number: &u32| !seen.numbers.contains_key(number);
            all.into_iter().filter(is_missing).collect()
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The longest time in which nothing was handled, from then on.
    pub(crate) fn longest_gap(&self, since: Instant) -> Duration {
        self.with(|seen| {
            let gaps = seen.moments.windows(2).filter(|pair| pair[1] >= since);
            gaps.map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
        })
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
        tally.push_event(&event);
        async { Ok::<(), HandlerError>(()) }
    })
}

pub(crate) async fn start(subscribe: Subscribe) -> Worker {
    timeout(PATIENCE, subscribe.start())
        .await
        .expect("it does not hang")
        .expect("the queues can be declared")
}

/// The smaller number, or the one of the row in full.
pub(crate) fn scaled(short: u32, full: u32) -> u32 {
    if std::env::var_os("EVENTS_SOAK").is_some() {
        full
    } else {
        short
    }
}

/// A folder for an outbox, removed with this.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(unique("trunkline-outbox")))
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) type Outcomes = Vec<(u32, trunkline::Result<trunkline::Receipt>)>;

/// Publishes these, in a context of this deadline, from so many tasks; the outcome of each by its number.
pub(crate) async fn publish_from(
    tasks: u32,
    events: &Events,
    target: &str,
    numbers: Range<u32>,
    limit: Duration,
) -> Outcomes {
    publish_counting(tasks, events, target, numbers, limit, &Arc::default()).await
}

/// The same, and counts those that have an outcome.
pub(crate) async fn publish_counting(
    tasks: u32,
    events: &Events,
    target: &str,
    numbers: Range<u32>,
    limit: Duration,
    decided: &Arc<AtomicU32>,
) -> Outcomes {
    let started: Vec<_> = (0..tasks)
        .map(|task| {
            let mine: Vec<u32> = numbers.clone().filter(|number| number % tasks == task).collect();
            let (events, target, decided) = (events.clone(), target.to_owned(), Arc::clone(decided));
            let context = trunkline::Context::new().with_timeout(limit);
            tokio::spawn(trunkline::context::scope(context, async move {
                let mut outcomes = Vec::new();
                for some in mine.chunks(200) {
                    outcomes.extend(publish_some(&events, &target, some, &decided).await);
                }
                outcomes
            }))
        })
        .collect();
    let mut all = Vec::new();
    for task in started {
        all.extend(task.await.expect("no panic"));
    }
    all
}

async fn publish_some(events: &Events, target: &str, numbers: &[u32], decided: &Arc<AtomicU32>) -> Outcomes {
    let publish = |number: &u32| {
        let publish = events.publish(&numbered(*number)).target(target);
        let decided = Arc::clone(decided);
        tokio::spawn(async move {
            let outcome = publish.await;
            decided.fetch_add(1, Ordering::Relaxed);
            outcome
        })
    };
    let sent: Vec<_> = numbers.iter().map(publish).collect();
    let mut outcomes = Vec::new();
    for (number, sent) in numbers.iter().zip(sent) {
        outcomes.push((*number, sent.await.expect("no panic")));
    }
    outcomes
}

/// Waits until the state is one that is asked for; says how long that took.
pub(crate) async fn until_state(
    events: &Events,
    limit: Duration,
    is_it: impl Fn(&trunkline::EventsState) -> bool,
) -> Duration {
    let started = Instant::now();
    let seen = || is_it(&events.state().expect("configured"));
    assert!(
        wait_until(limit, seen).await,
        "{:?} after {limit:?}",
        events.state()
    );
    started.elapsed()
}

pub(crate) fn is_up(state: &trunkline::EventsState) -> bool {
    *state == trunkline::EventsState::Up
}

pub(crate) fn is_down(state: &trunkline::EventsState) -> bool {
    !matches!(
        state,
        trunkline::EventsState::Up | trunkline::EventsState::Blocked
    )
}
