//! Events: publishing and subscribing with a promise. At least once, under one stable id; nothing is dropped silently.

mod backoff;
mod bus;
mod consumer;
mod dead;
mod delivery;
mod derived;
mod envelope;
mod event;
mod figures;
mod format;
mod handler;
mod id;
mod inbox;
mod latest;
mod letter;
mod message;
mod names;
#[cfg(feature = "outbox")]
mod outbox;
mod own_outbox;
mod priority;
mod publish;
#[cfg(feature = "testing")]
mod recording;
mod shared;
mod span;
mod state;
mod subscribe;
mod text;
mod timestamp;
mod topology;
mod until;
mod wire;
mod worker;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

pub use self::bus::http::{Callbacks, MessagingDialect};
pub use self::dead::{DeadLetter, DeadLetters};
pub use self::delivery::Delivery;
pub use self::derived::{HandledEvent, PublishedEvent, borrowing_event, owned_event};
pub use self::event::Event;
pub use self::figures::{EventMetrics, QueueMetrics};
pub use self::format::EventFormat;
pub use self::handler::HandlerError;
pub use self::inbox::Inbox;
#[cfg(all(test, feature = "outbox"))]
pub(crate) use self::outbox::Store as OutboxStore;
#[cfg(feature = "outbox")]
pub(crate) use self::outbox::{Bounds as OutboxBounds, Outbox, OutboxSettings};
#[cfg(feature = "outbox")]
pub use self::outbox::{OutboxMetrics, Unsent};
pub use self::own_outbox::{Envelope, OutboxRelay, OutboxSource};
pub use self::priority::Priority;
pub use self::publish::{
    FromReceipt, Publish, PublishAll, PublishFailure, PublishOutcome, Receipt, ServicePublish, Stage, publish,
};
#[cfg(feature = "testing")]
pub use self::recording::{RecordedEvent, RecordingEvents};
pub(crate) use self::shared::{EventSettings, EventsShared, Owner, addresses, parse_events_url};
pub use self::state::{EventsState, EventsWatch};
pub use self::subscribe::Subscribe;
pub use self::worker::Worker;

use self::publish::Draft;
pub(crate) use self::text::Text;
use crate::Result;
use crate::client::Shared;

/// Publishes events and subscribes to them; made by [`Client::events`](crate::Client::events).
///
/// A cheap clone. An event is delivered at least once, under one id that is the same on every retry; a subscriber's
/// [`Inbox`] keeps duplicates from its handlers. A publish is `Ok` only when the event is confirmed.
///
/// Where the events go is the client's setting: `memory:` is a bus within the process, with the same queues, retries and
/// dead letters as a broker, and without its durability.
///
/// ```
/// use std::time::Duration;
/// use serde::{Deserialize, Serialize};
/// use trunkline::{Client, Delivery, Event, HandlerError};
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event("order_paid")]
/// struct OrderPaid {
///     order: u32,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> trunkline::Result<()> {
/// let events = Client::builder().name("orders").build()?.events();
/// let (done, mut handled) = tokio::sync::mpsc::channel(1);
/// let worker = events
///     .subscribe("shipping")
///     .on(move |event: Delivery<OrderPaid>| {
///         let done = done.clone();
///         async move { done.send(event.order).await }
///     })
///     .start()
///     .await?;
///
/// events.publish(&OrderPaid { order: 7 }).await?;
/// assert_eq!(handled.recv().await, Some(7));
/// worker.shutdown(Duration::from_secs(1)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Events {
    shared: Arc<Shared>,
}

impl Events {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Publishes an event under the name of its type.
    ///
    /// The event is encoded at once; what is wrong with it is the error of the publish.
    pub fn publish<E: Event + Serialize + ?Sized>(&self, event: &E) -> Publish {
        let draft = Draft::of::<E>(&self.shared, &event);
        Publish::new(Arc::clone(&self.shared), draft)
    }

    /// Publishes anything that is JSON under a name, without a type.
    pub fn publish_named(&self, name: impl AsRef<str>, event: &impl Serialize) -> Publish {
        let draft = Draft::named(&self.shared, name.as_ref(), event);
        Publish::new(Arc::clone(&self.shared), draft)
    }

    /// Publishes many events; the outcome of each is in their order.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use trunkline::{Client, Event};
    /// # #[derive(Serialize, Deserialize, Event)]
    /// # #[event("tick")]
    /// # struct Tick(u32);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trunkline::Result<()> {
    /// # let events = Client::builder().build()?.events();
    /// let receipts = events.publish_all((0..1000).map(Tick)).await;
    /// assert!(receipts.iter().all(Result::is_ok));
    /// # Ok(())
    /// # }
    /// ```
    pub fn publish_all<E: Event + Serialize>(&self, events: impl IntoIterator<Item = E>) -> PublishAll {
        PublishAll::new(events.into_iter().map(|event| self.publish(&event)).collect())
    }

    /// Begins to say what a group handles. Its name is that of the service, which events are sent to as their target.
    pub fn subscribe(&self, group: impl Into<String>) -> Subscribe {
        Subscribe::new(Arc::clone(&self.shared), Text::from(group.into()))
    }

    /// The state of the connection to whoever carries the events, at this moment; for a readiness probe.
    ///
    /// ```
    /// # use trunkline::{Client, EventsState};
    /// # fn main() -> trunkline::Result<()> {
    /// let events = Client::builder().build()?.events();
    /// assert_eq!(events.state()?, EventsState::Up);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Config` when this build does not speak the scheme of `MESSAGING_URL`.
    pub fn state(&self) -> Result<EventsState> {
        Ok(self.watch()?.state())
    }

    /// The same, to be told of changes.
    ///
    /// # Errors
    /// `Config` when this build does not speak the scheme of `MESSAGING_URL`.
    pub fn watch(&self) -> Result<EventsWatch> {
        let states = self.shared.events.bus()?.watch();
        #[cfg(feature = "outbox")]
        let watch = EventsWatch::new(states, self.shared.events.outbox.as_ref().map(Outbox::health));
        #[cfg(not(feature = "outbox"))]
        let watch = EventsWatch::new(states);
        Ok(watch)
    }

    /// The service that takes the events of a group from the messaging service of family A; it belongs into the server of
    /// this process. See [`Callbacks`].
    ///
    /// # Errors
    /// `Config` where events do not go over `http:`, and for a group that is no name of a service.
    pub fn callbacks(&self, group: impl Into<String>) -> Result<Callbacks> {
        let group = Text::from(group.into());
        names::check_group("group", &group)?;
        self.shared.events.callbacks(group)
    }

    /// Publishes what the application has stored in a database of its own, until the relay is shut down: an outbox whose
    /// events are stored in the transaction of what they tell of. See [`OutboxSource`] and [`Envelope`].
    ///
    /// ```no_run
    /// # use serde_json::json;
    /// # use trunkline::{Client, OutboxSource};
    /// # async fn run<Table: OutboxSource>(table: Table) -> Result<(), Box<dyn std::error::Error>> {
    /// let events = Client::from_env()?.events();
    /// let relay = events.relay(table)?;
    ///
    /// let envelope = events.publish_named("order_paid", &json!({ "order": 7 })).envelope()?;
    /// // In the transaction of the payment: INSERT INTO outbox (event) VALUES (?)
    /// let row = envelope.to_bytes();
    /// // After its commit:
    /// relay.wake();
    /// # drop(row);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Config` when this build does not speak the scheme of `MESSAGING_URL`, and outside of a tokio runtime.
    pub fn relay<S: OutboxSource>(&self, source: S) -> Result<OutboxRelay> {
        OutboxRelay::start(&self.shared, source)
    }

    /// The dead letters of a group.
    pub fn dead(&self, group: impl Into<String>) -> DeadLetters {
        DeadLetters::new(Arc::clone(&self.shared), Some(Text::from(group.into())))
    }

    /// The events that no queue was bound for when they were published.
    pub fn unrouted(&self) -> DeadLetters {
        DeadLetters::new(Arc::clone(&self.shared), None)
    }
}

#[cfg(feature = "outbox")]
impl Events {
    /// The events of the client's outbox that will not be sent by themselves.
    pub fn unsent(&self) -> Unsent {
        Unsent::new(Arc::clone(&self.shared))
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("source", &self.shared.events.source)
            .field("format", &self.shared.events.format)
            .finish_non_exhaustive()
    }
}
