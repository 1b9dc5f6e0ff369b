//! What is counted of events, and how it is shown.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;

use super::EventsState;
use super::bus::{Bus, QueueFigures};
use crate::by_name::ByName;
use crate::client::lock;
use crate::observe::{Histogram, Latency, millis};

/// What became of the events of a client so far; a part of [`MetricsSnapshot`](crate::MetricsSnapshot).
///
/// Counts only grow; depths, ages and what is in flight are those of the moment. Empty where metrics are off.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EventMetrics {
    /// The events that were handed over to be sent, having passed every check.
    pub accepted: u64,
    /// Those that were confirmed; with an outbox also those that an earlier process had accepted.
    pub confirmed: u64,
    /// Those whose publish failed.
    pub failed: u64,
    /// Those that are neither yet, the outbox's among them.
    pub in_flight: u64,
    /// How often one was refused; a publish may be refused several times before it is confirmed.
    pub nacks: u64,
    /// How long it took from being accepted to being confirmed.
    pub confirm_latency: Latency,
    /// How it stands with whoever carries the events.
    pub state: EventsState,
    /// How often a connection was lost, or could not be made, by the cause: `lost`, `silent`, `closed`, `unreachable`,
    /// `mute`, `refused`, `channel`, `missing`, `unconfirmed` or `conflict`. Empty in process.
    pub reconnects: BTreeMap<String, u64>,
    /// For how long no events were taken because of an alarm. Serialised as milliseconds: `blocked_ms`.
    #[serde(rename = "blocked_ms", serialize_with = "millis")]
    pub blocked: Duration,
    /// The events that no queue was bound for, and that are kept.
    pub unrouted: u64,
    /// The figures of each queue: by its group, or by `{group}.{subscription}`.
    pub queues: BTreeMap<String, QueueMetrics>,
    /// The figures of the outbox; `None` where the client has none.
    #[cfg(feature = "outbox")]
    pub outbox: Option<super::OutboxMetrics>,
}

/// The figures of one queue and of those in this process who take from it. What a broker says of its queue is asked for when
/// it is looked at, and as old as 5 s or the last look; over `http:` only what is replayed has a queue here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct QueueMetrics {
    /// The events that are ready to be taken.
    pub depth: u64,
    /// How long the oldest of them has been there; over `amqp:` zero, since no broker says it. Serialised as milliseconds:
    /// `age_ms`.
    #[serde(rename = "age_ms", serialize_with = "millis")]
    pub age: Duration,
    /// The events that this process has taken and not settled, those among them that wait for a handler.
    pub in_hand: u64,
    /// The events that wait for their next attempt.
    pub waiting: u64,
    /// The dead letters there are. Over a broker they are what an operator watches: they go only where somebody replays or
    /// discards them, and their queue has no bound unless a policy sets one; see [`DeadLetters`](crate::DeadLetters).
    pub dead: u64,
    /// The events that were handled.
    pub handled: u64,
    /// The attempts at handling one, failed ones among them.
    pub attempts: u64,
    /// The attempts that failed.
    pub failures: u64,
    /// The events that came again after they had been handled.
    pub duplicates: u64,
    /// The events that became dead letters.
    pub buried: u64,
    /// The events that were for another group, and were let go: family A gives each to all who bind its name.
    pub skipped: u64,
    /// How long the attempts took.
    pub latency: Latency,
}

/// The counters of publishing, and those of each queue.
pub(crate) struct EventFigures {
    enabled: bool,
    accepted: AtomicU64,
    confirmed: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    /// Confirmed later than their publish was `Ok`, out of the outbox, which counts what it holds by itself.
    stored: AtomicU64,
    relayed: AtomicU64,
    nacks: AtomicU64,
    latency: Histogram,
    queues: Mutex<ByName<Arc<QueueRecorder>>>,
}

/// The counters of those in this process who take from one queue.
pub(crate) struct QueueRecorder {
    pub(crate) handled: AtomicU64,
    pub(crate) attempts: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) buried: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) latency: Histogram,
}

/// An accepted event that is not confirmed; one whose publish is dropped is no longer in flight.
#[must_use = "a guard that is dropped counts a cancelled publish"]
pub(crate) struct Accepted<'a>(Option<&'a EventFigures>);

impl EventFigures {
    pub(crate) fn new(enabled: bool) -> Self {
        Self {
            enabled,
            accepted: AtomicU64::new(0),
            confirmed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            relayed: AtomicU64::new(0),
            nacks: AtomicU64::new(0),
            latency: Histogram::new(),
            queues: Mutex::default(),
        }
    }

    pub(crate) fn accepted(&self) -> Accepted<'_> {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Accepted(Some(self))
    }

    pub(crate) fn refused(&self) {
        count(&self.nacks);
    }

    /// An event of the outbox is confirmed, this long after it was accepted.
    #[cfg(feature = "outbox")]
    pub(crate) fn relayed(&self, waited: Duration) {
        self.latency.record(waited);
        self.relayed.fetch_add(1, Ordering::Release);
    }

    /// The counters of a queue, shared by all who take from it.
    pub(crate) fn queue(&self, label: &str) -> Arc<QueueRecorder> {
        let mut queues = lock(&self.queues);
        Arc::clone(queues.entry(label))
    }

    pub(crate) fn snapshot(&self, bus: Option<&Bus>) -> EventMetrics {
        if !self.enabled {
            return EventMetrics::default();
        }
        let read = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        // The ends are read before the beginnings, so that none is in flight less than no times.
        let (confirmed, failed, cancelled) =
            (read(&self.confirmed), read(&self.failed), read(&self.cancelled));
        let (stored, relayed) = (read(&self.stored), read(&self.relayed));
        let accepted = read(&self.accepted);
        let links = bus.map(Bus::links).unwrap_or_default();
        EventMetrics {
            accepted,
            confirmed: confirmed + relayed,
            failed,
            in_flight: accepted.saturating_sub(confirmed + failed + cancelled + stored),
            nacks: read(&self.nacks),
            confirm_latency: self.latency.latency(),
            state: bus.map(Bus::seen).unwrap_or_default(),
            reconnects: links.reconnects,
            blocked: links.blocked,
            unrouted: bus.map(Bus::unrouted).map(wide).unwrap_or_default(),
            queues: self.queues(bus),
            #[cfg(feature = "outbox")]
            outbox: None,
        }
    }

    fn queues(&self, bus: Option<&Bus>) -> BTreeMap<String, QueueMetrics> {
        let mut shown: BTreeMap<String, QueueMetrics> = BTreeMap::new();
        for (label, figures) in bus.map(Bus::queues).unwrap_or_default() {
            shown.entry(label).or_default().fill(&figures);
        }
        for (label, recorder) in &*lock(&self.queues) {
            shown.entry(label.clone()).or_default().count(recorder);
        }
        shown
    }
}

impl QueueMetrics {
    fn fill(&mut self, figures: &QueueFigures) {
        self.depth = wide(figures.depth);
        self.age = figures.oldest;
        self.in_hand = wide(figures.in_hand);
        self.waiting = wide(figures.waiting);
        self.dead = wide(figures.dead);
    }

    fn count(&mut self, recorder: &QueueRecorder) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.handled = read(&recorder.handled);
        self.attempts = read(&recorder.attempts);
        self.failures = read(&recorder.failures);
        self.duplicates = read(&recorder.duplicates);
        self.buried = read(&recorder.buried);
        self.skipped = read(&recorder.skipped);
        self.latency = recorder.latency.latency();
    }
}

impl Default for QueueRecorder {
    fn default() -> Self {
        Self {
            handled: AtomicU64::new(0),
            attempts: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            buried: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            latency: Histogram::new(),
        }
    }
}

impl Accepted<'_> {
    /// The event is on disk, and in flight until [`EventFigures::relayed`].
    #[cfg(feature = "outbox")]
    pub(crate) fn stored(mut self) {
        if let Some(figures) = self.0.take() {
            figures.stored.fetch_add(1, Ordering::Release);
        }
    }

    pub(crate) fn finish(mut self, is_confirmed: bool, elapsed: Duration) {
        let Some(figures) = self.0.take() else { return };
        if is_confirmed {
            figures.latency.record(elapsed);
            figures.confirmed.fetch_add(1, Ordering::Release);
        } else {
            figures.failed.fetch_add(1, Ordering::Release);
        }
    }
}

impl Drop for Accepted<'_> {
    fn drop(&mut self) {
        if let Some(figures) = self.0 {
            figures.cancelled.fetch_add(1, Ordering::Release);
        }
    }
}

/// Counts one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
