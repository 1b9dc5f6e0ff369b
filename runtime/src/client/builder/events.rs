//! What can be said of a client's events.

#[cfg(feature = "outbox")]
use std::path::PathBuf;

use super::ClientBuilder;
#[cfg(feature = "outbox")]
use crate::events::OutboxBounds;
use crate::events::{EventFormat, MessagingDialect};

impl ClientBuilder {
    /// Where events go, instead of `MESSAGING_URL`; `memory:` unless either is set.
    ///
    /// | address | events go |
    /// |---|---|
    /// | `memory:` | to a bus within the process |
    /// | `http://host`, `https://host` | to the messaging service of those who write [`EventFormat::FamilyA`](crate::EventFormat::FamilyA) |
    /// | `amqp://user:password@host:5672/vhost`, `amqps:` over TLS | to `RabbitMQ` from 3.10 on, with the feature `amqp`; several addresses, with commas between, are tried in turn |
    ///
    /// | with | says | unless set |
    /// |---|---|---|
    /// | `memory:?events=…&bytes=…` | what each queue may hold; its dead letters have as much again, and so have the events that are unrouted | 100 000 events, 64 MiB |
    /// | `http:` `?dialect=v1` | the other dialect of the messaging service | `Plain` |
    /// | `amqp:` `?heartbeat=10` | the interval of the heartbeat in seconds; a peer that is silent for two of them is lost | 10 |
    /// | `amqp:` `?declare=verify` | that no exchange and no queue is made: it is only looked whether they are there | they are made |
    ///
    /// The messaging service is called as the service `messaging`, which takes settings as any other, its instances among
    /// them; events that are published at the same time may arrive there in any order. A broker is connected to when it is
    /// first needed, and again for ever where the connection is lost.
    pub fn events(mut self, url: impl Into<String>) -> Self {
        self.events_url = Some(url.into());
        self
    }

    /// How the messaging service at an `http:` address takes events, instead of what the address says with `?dialect=v1`.
    /// `Plain` unless either is set.
    pub fn messaging_dialect(mut self, dialect: MessagingDialect) -> Self {
        self.events.http.dialect = Some(dialect);
        self
    }

    /// Where the messaging service at an `http:` address sends events to: `{base}/{event_type}`, instead of what the address
    /// says with `?callbacks=…`. `http://{group}/internal/events` unless either is set. See
    /// [`Callbacks`](crate::Callbacks).
    pub fn event_callbacks(mut self, base: impl Into<String>) -> Self {
        self.events.http.callbacks = Some(base.into());
        self
    }

    /// The format in which events are published. `CloudEvents` unless set; every format is read.
    pub fn event_format(mut self, format: EventFormat) -> Self {
        self.events.format = format;
        self
    }

    /// The most bytes of an event that is published, over `amqp:` at most 16 MiB. 1 MiB unless set.
    pub fn max_event(mut self, bytes: usize) -> Self {
        self.events.max_body = bytes;
        self
    }

    /// Keeps events in this directory until they are confirmed: a publish is `Ok` when its event is on disk, and no killed
    /// process, no outage of the broker loses it. What an earlier process left there is sent too.
    ///
    /// The most urgent go first, in the order in which they were published. One that is refused for now, since a queue is full,
    /// waits aside and holds up no other: of those with the same routing key one at a time is tried again, after a random pause
    /// of at most 50 ms, later 1 s (30 s where somebody has to change something first), and the others follow once one of them
    /// was taken; what is published meanwhile does not wait for them. A million of them cost some 20 MB of
    /// memory.
    ///
    /// What confirms is the bus: over `memory:`, which is this process, a confirmed event that no handler has settled ends
    /// with it, and only what was not yet confirmed is sent by the next.
    ///
    /// One client a directory; it is made where it is missing. `build` reads what is in it once, which blocks: 256 MiB
    /// take about a second. It holds 1 000 000 events or 256 MiB; publishes to a full one wait. Events that are not sent by
    /// themselves ([`Events::unsent`](crate::Events::unsent)) have a quarter of that beside it; those beyond it take room of the
    /// others, so that nothing is thrown away.
    ///
    /// It needs real time: in a test with a paused clock (`start_paused`) that clock runs on while the disk works, and deadlines pass
    /// at random. Such a test does without an outbox; `testing::RecordingEvents` says what was published.
    ///
    /// ```
    /// use serde_json::json;
    /// use trunkline::{Client, Stage};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trunkline::Result<()> {
    /// # let directory = std::env::temp_dir().join(format!("trunkline-example-{}", std::process::id()));
    /// let client = Client::builder().outbox(&directory).build()?;
    /// let receipt = client.events().publish_named("user_action", &json!({})).await?;
    /// assert_eq!(receipt.stage(), Stage::Stored);
    /// receipt.confirmed().await?;
    /// # std::fs::remove_dir_all(directory).ok();
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "outbox")]
    pub fn outbox(mut self, directory: impl Into<PathBuf>) -> Self {
        self.outbox.directory = Some(directory.into());
        self
    }

    /// With an outbox that is open already.
    #[cfg(all(test, feature = "outbox"))]
    pub(crate) fn outbox_over(mut self, store: crate::events::OutboxStore) -> Self {
        self.outbox.store = Some(store);
        self
    }

    /// How many events, and how many bytes of them, the outbox holds before publishes wait; and a quarter as many that are not
    /// sent by themselves.
    #[cfg(feature = "outbox")]
    pub fn outbox_bounds(mut self, events: usize, bytes: usize) -> Self {
        self.outbox.bounds = OutboxBounds {
            records: events,
            bytes,
        };
        self
    }

    /// Remembers here what is published.
    #[cfg(feature = "testing")]
    pub fn record_events(mut self, recording: &crate::testing::RecordingEvents) -> Self {
        self.events.recording = Some(recording.clone());
        self
    }
}
