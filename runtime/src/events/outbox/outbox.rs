//! The outbox of a client: its store, and the relay that empties it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::super::bus::{Bus, Outgoing};
use super::super::envelope;
use super::super::message::Message;
use super::super::publish::PublishFailure;
use super::super::text::Text;
use super::{Bounds, Entry, Figures, Health, Kept, Ledger, Record, Seq, Store, StoreError, Stored, relay};
use crate::client::{Shared, lock};
use crate::{Error, ErrorKind, Result};

/// Where a builder wants its outbox, and how large.
#[derive(Clone, Default)]
pub(crate) struct OutboxSettings {
    /// `None`: there is no outbox.
    pub(crate) directory: Option<PathBuf>,
    pub(crate) bounds: Bounds,
    /// One that is open already, over a disk that fails.
    #[cfg(test)]
    pub(crate) store: Option<Store>,
}

/// The outbox of a client. Dropped, its relay ends, and what is on its way is relayed by the next.
pub(crate) struct Outbox {
    store: Store,
    relay: Mutex<Option<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
}

impl Outbox {
    /// Opens the store, where there is to be one; blocks.
    ///
    /// # Errors
    /// `Config` where its bounds are zero, or it cannot be opened; the error names the directory.
    pub(crate) fn open(settings: &OutboxSettings) -> Result<Option<Self>> {
        #[cfg(test)]
        if let Some(store) = &settings.store {
            return Ok(Some(Self::over(store.clone())));
        }
        let Some(directory) = &settings.directory else {
            return Ok(None);
        };
        let Bounds { records, bytes } = settings.bounds;
        if records == 0 || bytes == 0 {
            let message =
                format!("an outbox of {records} events and {bytes} bytes: expected at least 1 of both");
            return Err(Error::new(ErrorKind::Config, message));
        }
        let opened = Store::open(directory, settings.bounds);
        let store = opened.map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
        Ok(Some(Self::over(store)))
    }

    fn over(store: Store) -> Self {
        Self {
            store,
            relay: Mutex::default(),
            stop: watch::Sender::new(false),
        }
    }

    /// Starts the relay where there is a runtime and none runs: a client may be built before its runtime, and may outlive
    /// the first.
    pub(crate) fn start(&self, bus: &Bus, shared: &Arc<Shared>) {
        let mut relay = lock(&self.relay);
        if relay.as_ref().is_some_and(|relay| !relay.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let run = relay::run(
                self.store.clone(),
                bus.clone(),
                Arc::downgrade(shared),
                self.stop.subscribe(),
            );
            *relay = Some(self.spawn(&runtime, run));
        }
    }

    /// A relay that [`shutdown`](Self::shutdown) waits for.
    fn spawn(&self, runtime: &Handle, run: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let running = self.stop.subscribe();
        runtime.spawn(async move {
            run.await;
            // The last to go, also where the task is aborted: the records are given back by then.
            drop(running);
        })
    }

    /// Puts an event on disk, by the deadline.
    ///
    /// # Errors
    /// `Publish`: `OutboxFull` where there was no room in time, `Unconfirmed` where the disk did not answer in time,
    /// `TooLarge` and `StoreFailed`.
    pub(crate) async fn accept(
        &self,
        message: &Message,
        outgoing: &Outgoing,
        deadline: Instant,
    ) -> Result<Kept> {
        let record = Record {
            id: message.id.as_str().to_owned(),
            name: message.name.as_str().to_owned(),
            lane: outgoing.priority.into(),
            expires_at: message.expires_at,
            bytes: envelope::write(outgoing),
        };
        self.put(record, deadline).await
    }

    /// Stores a record that was dead, by the deadline.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub(super) async fn restore(&self, record: Record, deadline: Instant) -> Result<()> {
        self.put(record, deadline).await.map(drop)
    }

    async fn put(&self, record: Record, deadline: Instant) -> Result<Kept> {
        let entered = timeout_at(deadline, self.store.enter(record)).await;
        let entry: Entry = entered.map_err(|_| self.full())?.map_err(refused)?;
        let written = timeout_at(deadline, entry.write()).await;
        written.map_err(|_| slow())?.map_err(refused)
    }

    fn full(&self) -> Error {
        let mut message = "the outbox was full until the deadline; the event is not stored".to_owned();
        if self.store.is_crowded() {
            let dead = self.store.figures().dead;
            message = format!(
                "{message}; {dead} events in it are not sent by themselves, and have more than the room that is theirs: \
                 see `events.unsent()`"
            );
        }
        failed(PublishFailure::OutboxFull, message)
    }

    /// Whether events can be stored, for whoever looks.
    pub(in crate::events) fn health(&self) -> Health {
        self.store.health()
    }

    /// What the subscription of this label has handled, the latest so many events.
    pub(crate) fn ledger(&self, label: &Text, most: usize) -> Ledger {
        Ledger::new(self.store.clone(), label.clone(), most)
    }

    /// The dead records after this one.
    pub(super) async fn dead(&self, after: Option<Seq>, most: usize) -> Result<Vec<Stored>> {
        self.store.dead(after, most).await.map_err(refused)
    }

    /// The number that no record has yet.
    pub(super) fn next(&self) -> u64 {
        self.store.next()
    }

    /// Deletes a dead record, which is gone after the next [`flush`](Self::flush).
    pub(super) fn discard(&self, seq: Seq) -> Result<()> {
        self.store.discard(seq).map_err(refused)
    }

    /// Returns when what was discarded is gone.
    pub(super) async fn flush(&self) -> Result<()> {
        self.store.flush().await.map_err(refused)
    }

    /// Stops the relay, waits for what is on its way until the deadline, and closes the store.
    pub(crate) async fn shutdown(&self, deadline: Instant) {
        self.stop.send_replace(true);
        // Not by its handle: a shutdown that is dropped would take that along, and the next would not wait.
        if timeout_at(deadline, self.stop.closed()).await.is_err() {
            self.abort();
            self.stop.closed().await;
        }
        self.store.close().await;
    }

    fn abort(&self) {
        if let Some(relay) = &*lock(&self.relay) {
            relay.abort();
        }
    }

    pub(crate) fn metrics(&self) -> OutboxMetrics {
        let Figures {
            accepted,
            confirmed,
            buried,
            commits,
            depth,
            bytes,
            in_flight,
            dead,
            dead_bytes,
            age,
        } = self.store.figures();
        OutboxMetrics {
            stored: accepted,
            confirmed,
            buried,
            commits,
            depth,
            bytes,
            in_flight,
            dead,
            dead_bytes,
            age: age.unwrap_or_default(),
            failure: self.store.failure().map(|failure| failure.to_string()),
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.abort();
    }
}

/// The figures of a client's outbox; a part of [`EventMetrics`](crate::EventMetrics).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutboxMetrics {
    /// The events that were put on disk since the client was built.
    pub stored: u64,
    /// Those that were confirmed since then: that of a receipt is among them once its
    /// [`confirmed`](crate::Receipt::confirmed) returns. They are deleted a moment later.
    pub confirmed: u64,
    /// Those that expired, or were refused for good, since then.
    pub buried: u64,
    /// How often the disk was written to since then.
    pub commits: u64,
    /// The events that are not confirmed, those in flight included.
    pub depth: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that were sent and are not confirmed.
    pub in_flight: u64,
    /// The expired and refused events that are kept on disk.
    pub dead: u64,
    /// Their bytes.
    pub dead_bytes: u64,
    /// How long the oldest event has waited. Serialised as milliseconds: `age_ms`.
    #[serde(rename = "age_ms", serialize_with = "crate::observe::millis")]
    pub age: std::time::Duration,
    /// Why nothing can be stored any more, once that is so.
    pub failure: Option<String>,
}

fn slow() -> Error {
    let message = "the disk did not answer before the deadline: the event may have been stored or not";
    failed(PublishFailure::Unconfirmed, message)
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over")]
fn refused(error: StoreError) -> Error {
    let failure = match &error {
        StoreError::TooLarge { .. } => PublishFailure::TooLarge,
        StoreError::InUse(_)
        | StoreError::Unusable { .. }
        | StoreError::Damaged { .. }
        | StoreError::Failed { .. }
        | StoreError::Closed => PublishFailure::StoreFailed,
    };
    failed(failure, error.to_string())
}

fn failed(failure: PublishFailure, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Publish, message).with_publish_failure(failure)
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::super::tests::Folder;
    use super::*;

    const SOON: Duration = Duration::from_secs(60);

    fn outbox(folder: &Folder, run: impl Future<Output = ()> + Send + 'static) -> Outbox {
        let store = Store::open(folder.path(), Bounds::default()).expect("a fresh folder");
        let outbox = Outbox::over(store);
        let relay = outbox.spawn(&Handle::current(), run);
        *lock(&outbox.relay) = Some(relay);
        outbox
    }

    #[tokio::test]
    async fn a_shutdown_waits_for_the_relay_though_one_before_was_dropped() {
        let folder = Folder::new();
        let (end, ended) = oneshot::channel::<()>();
        let outbox = outbox(&folder, async { ended.await.expect("it is told to end") });
        let deadline = Instant::now() + SOON;
        let dropped = timeout(Duration::ZERO, outbox.shutdown(deadline)).await;
        assert!(dropped.is_err(), "the relay runs");
        let mut again = pin!(outbox.shutdown(deadline));
        assert!(
            timeout(Duration::ZERO, &mut again).await.is_err(),
            "it runs still"
        );
        outbox.flush().await.expect("the store is open");
        end.send(()).expect("the relay listens");
        timeout(SOON, again).await.expect("the relay has ended");
    }

    #[tokio::test]
    async fn a_relay_that_does_not_end_is_aborted_at_the_deadline() {
        let folder = Folder::new();
        let outbox = outbox(&folder, pending());
        let shutdown = outbox.shutdown(Instant::now() + Duration::from_millis(10));
        timeout(SOON, shutdown).await.expect("it is aborted");
    }
}
