//! Subscribing: what a group handles, and how.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::bus::Declaration;
use super::consumer::{Consumer, Handler, Handlers, Ladder, MOST_STEPS, Pace, erase};
use super::text::Text;
use super::{Delivery, Event, HandlerError, Inbox, Worker, names, topology};
use crate::client::Shared;
use crate::{Error, ErrorKind, Result};

/// The events that are handled at the same time, unless set.
const CONCURRENCY: usize = 16;
const MOST_CONCURRENT: usize = 1024;
const MOST_PREFETCHED: usize = 65_535;

/// The events in hand and next in line, unless set: twice the concurrency, within these.
const FEWEST_LINED_UP: usize = 16;
const MOST_LINED_UP: usize = 256;

/// How long a handler may take, unless set.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a group handles, and how; made by [`Events::subscribe`](super::Events::subscribe).
///
/// The queue of a group is durable and its members compete: each event is handled by one of them. A group receives the
/// events that are for it and those that are for all, of the names that it has handlers for. An event in its queue
/// without a handler (a member with other handlers has bound it) is a dead letter, and so are one that does not decode,
/// one of a version without a handler, one that expired, and one whose attempts all failed.
///
/// ```
/// use std::time::Duration;
/// use serde::Deserialize;
/// use trunkline::{Client, Delivery, Event, HandlerError};
///
/// #[derive(Deserialize)]
/// struct ChatCompleted {
///     user_id: String,
/// }
///
/// impl Event for ChatCompleted {
///     const NAME: &'static str = "chat_completed";
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> trunkline::Result<()> {
/// let events = Client::builder().build()?.events();
/// let worker = events
///     .subscribe("agent-service")
///     .on(|event: Delivery<ChatCompleted>| async move {
///         println!("{}: {}", event.id(), event.user_id);
///         Ok::<(), HandlerError>(())
///     })
///     .concurrency(4)
///     .start()
///     .await?;
/// worker.shutdown(Duration::from_secs(10)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a subscription begins with `start`"]
pub struct Subscribe {
    shared: Arc<Shared>,
    group: Text,
    subscription: Option<String>,
    handlers: Vec<(Text, Option<u32>, Handler)>,
    concurrency: usize,
    prefetch: Option<usize>,
    ladder: Option<Vec<Duration>>,
    inbox: Inbox,
    timeout: Duration,
}

impl Subscribe {
    pub(super) fn new(shared: Arc<Shared>, group: Text) -> Self {
        Self {
            shared,
            group,
            subscription: None,
            handlers: Vec::new(),
            concurrency: CONCURRENCY,
            prefetch: None,
            ladder: None,
            inbox: Inbox::default(),
            timeout: TIMEOUT,
        }
    }

    /// Handles the events of this type, in its version.
    ///
    /// The handler runs in the event's context: the calls that it makes and the events that it publishes carry the same
    /// trace, and end when the handler's time does. `Ok` means handled; see [`HandlerError`] for the rest, and for which errors
    /// become one. A handler that cannot fail ends in `Ok::<(), HandlerError>(())`. A panic is a failure like any other.
    pub fn on<T, F, R, E>(mut self, handler: F) -> Self
    where
        T: Event + DeserializeOwned + Send + 'static,
        F: Fn(Delivery<T>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<HandlerError>,
    {
        self.handlers
            .push((T::NAME.into(), Some(T::VERSION), erase(handler)));
        self
    }

    /// Handles the events of this name without a type, in every version that has no handler of its own.
    pub fn on_named<F, R, E>(mut self, name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(Delivery<Value>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<HandlerError>,
    {
        self.handlers
            .push((Text::from(name.into()), None, erase(handler)));
        self
    }

    /// A queue of its own beside the group's, for what the group does with the same events twice, each by itself. Any name of
    /// a group but `dead` and `high`, which other queues of the group have.
    pub fn subscription(mut self, name: impl Into<String>) -> Self {
        self.subscription = Some(name.into());
        self
    }

    /// The events that are handled at the same time, 1 to 1024. 16 unless set.
    pub fn concurrency(mut self, events: usize) -> Self {
        self.concurrency = events;
        self
    }

    /// The events that are taken from the queue before they are settled, 1 to 65535: those being handled and those next
    /// in line. Twice the concurrency, 16 to 256, unless set; no more are handled at the same time. In process there is
    /// no line to stand in, and this bounds the concurrency alone. Over `amqp:` each queue of the subscription has so many:
    /// the group's own and the one beside it for urgent events, in family A one for each name.
    pub fn prefetch(mut self, events: usize) -> Self {
        self.prefetch = Some(events);
        self
    }

    /// The waits between the attempts that follow the first three, at most 16 of 1 ms to 24 h each.
    /// 1 s, 10 s, 60 s, 10 min unless set.
    pub fn ladder(mut self, steps: impl IntoIterator<Item = Duration>) -> Self {
        // One more than allowed is enough to be refused.
        self.ladder = Some(steps.into_iter().take(MOST_STEPS + 1).collect());
        self
    }

    /// How handled events are remembered. The latest 100 000 in memory unless set. The workers of one queue in this client
    /// say the same, else each remembers by itself.
    pub fn inbox(mut self, inbox: Inbox) -> Self {
        self.inbox = inbox;
        self
    }

    /// How long a handler may take each time, 1 ms to 24 h; what takes longer is dropped and has failed. 30 s unless set. Over
    /// `amqp:` it stays well below the broker's `consumer_timeout`, 30 minutes unless its operator has set it: what is in
    /// hand for longer closes the channel, and comes again.
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Declares the queue and begins to handle its events.
    ///
    /// Over a broker it waits up to 10 s for the queue to be declared. Where the broker cannot be reached it is `Ok` all
    /// the same, and the worker begins once it can: [`Events::state`](super::Events::state) says how that stands.
    ///
    /// # Errors
    /// `Config` when there is no handler, two for one version, a name or a number is not allowed, or this build does
    /// not speak the scheme of `MESSAGING_URL`; `ShuttingDown` when the client is.
    pub async fn start(self) -> Result<Worker> {
        self.check()?;
        let bus = self.shared.events.bus()?.clone();
        let mut handlers = Handlers::default();
        for (name, version, handler) in self.handlers {
            names::check_event(&name).map_err(|error| wrong(error.message().to_owned()))?;
            handlers.add(&name, version, handler)?;
        }
        let label = Text::from(topology::label(&self.group, self.subscription.as_deref()));
        let ladder = self.ladder.map_or_else(|| Ok(Ladder::default()), Ladder::new)?;
        let most = MOST_LINED_UP
            .min(self.concurrency.saturating_mul(2))
            .max(FEWEST_LINED_UP);
        let (close, closing) = tokio::sync::watch::channel(false);
        let declaration = Declaration {
            group: self.group.clone(),
            label: label.clone(),
            names: handlers.names(),
            prefetch: u16::try_from(self.prefetch.unwrap_or(most)).unwrap_or(u16::MAX),
            steps: ladder.steps().to_vec(),
            closing: closing.clone(),
        };
        let seen = self.shared.events.inboxes.share(&label, self.inbox);
        #[cfg(feature = "outbox")]
        seen.open(self.inbox, self.shared.events.outbox.as_ref(), &label)
            .await?;
        let source = bus.subscribe(&declaration).await?;
        let consumer = Arc::new(Consumer {
            system: bus.system(),
            figures: self.shared.events.figures.queue(&label),
            label,
            group: self.group,
            handlers,
            ladder,
            seen,
            pace: Pace::default(),
            timeout: self.timeout,
            source,
            closing,
            shared: Arc::clone(&self.shared),
        });
        let slots = self.concurrency.min(self.prefetch.unwrap_or(MOST_PREFETCHED));
        Worker::start(&self.shared, &consumer, close, slots)
    }

    fn check(&self) -> Result<()> {
        names::check_group("group", &self.group)?;
        if let Some(subscription) = &self.subscription {
            names::check_subscription(subscription)?;
        }
        if self.handlers.is_empty() {
            return Err(wrong("expected a handler, by `on` or `on_named`".to_owned()));
        }
        check_number("concurrency", self.concurrency, MOST_CONCURRENT)?;
        if let Some(prefetch) = self.prefetch {
            check_number("prefetch", prefetch, MOST_PREFETCHED)?;
        }
        if (crate::config::SHORTEST..=crate::config::LONGEST).contains(&self.timeout) {
            return Ok(());
        }
        Err(wrong(format!(
            "handler timeout {:?}: expected 1 ms to 24 h",
            self.timeout
        )))
    }
}

impl fmt::Debug for Subscribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.handlers.iter().map(|(name, ..)| name.as_str()).collect();
        f.debug_struct("Subscribe")
            .field("group", &self.group)
            .field("handlers", &names)
            .finish_non_exhaustive()
    }
}

fn check_number(what: &str, number: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&number) {
        return Ok(());
    }
    Err(wrong(format!("{what} {number}: expected 1 to {most}")))
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}
