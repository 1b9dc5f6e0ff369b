//! What nobody handles by itself: dead letters, and events that no queue was bound for.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "testing")]
use std::time::Duration;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use super::bus::{Shelf, Shelved};
use super::format::{self, ATTEMPT, DEAD_REASON, FIRST_FAILURE, FIRST_FAILURE_TIME};
use super::message::Message;
#[cfg(feature = "outbox")]
use super::outbox::Seq;
use super::text::Text;
use super::{Priority, names, timestamp, topology};
use crate::client::Shared;
use crate::{Error, ErrorKind, Result};

/// The most letters that are listed at once.
const LISTED: usize = 1000;

/// How often whoever waits for letters looks.
#[cfg(feature = "testing")]
const LOOK: Duration = Duration::from_millis(50);

/// The dead letters of a group; made by [`Events::dead`](super::Events::dead). What no queue was bound for is looked at in
/// the same way, by [`Events::unrouted`](super::Events::unrouted).
///
/// They stay until they are replayed or discarded. How many there are is [`QueueMetrics::dead`](crate::QueueMetrics::dead). In process
/// they have the bounds of their queue. Over `amqp:` they have none, since nobody but an operator knows how much the broker may
/// keep: a policy sets it, for instance `rabbitmqctl set_policy dead '[.]dead$' '{"max-length":100000}' --apply-to queues`. Their queues
/// refuse what is beyond it, so that nothing is dropped: an event for which there is no room stays in hand, is not acknowledged, and is
/// buried once there is room again. A subscription whose slots are all held so stands still, and says why in its log.
///
/// A retry, a dead letter and a replay are copies of the event. Of a foreign one over `amqp:` they have the body, the properties
/// that say what it is, and the headers that are text or numbers; what else its publisher set is not carried on: `content_encoding`,
/// `reply_to`, `expiration`, and headers that are tables, lists, bytes or empty.
///
/// ```
/// use serde_json::json;
/// use trunkline::Client;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> trunkline::Result<()> {
/// let events = Client::builder().build()?.events();
/// events.publish_named("nobody_listens", &json!({})).id("1").await?;
/// let unrouted = events.unrouted().list().await?;
/// assert_eq!((unrouted[0].id(), unrouted[0].name()), ("1", "nobody_listens"));
/// assert!(events.unrouted().discard("1").await?);
/// assert!(events.dead("agent-service").list().await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DeadLetters {
    shared: Arc<Shared>,
    group: Option<Text>,
    subscription: Option<String>,
}

impl DeadLetters {
    pub(super) fn new(shared: Arc<Shared>, group: Option<Text>) -> Self {
        Self {
            shared,
            group,
            subscription: None,
        }
    }

    /// Those of this subscription of the group, which has a queue of its own.
    pub fn subscription(mut self, name: impl Into<String>) -> Self {
        self.subscription = Some(name.into());
        self
    }

    /// The oldest, at most 1000.
    ///
    /// # Errors
    /// `Config` for a name that no group or subscription may have, and when this build does not speak the scheme of
    /// `MESSAGING_URL`; over a broker, `Connect` when there is no connection to it within 10 s.
    pub async fn list(&self) -> Result<Vec<DeadLetter>> {
        let shelved = self.shared.events.bus()?.list(&self.shelf()?, LISTED).await?;
        Ok(shelved.into_iter().map(DeadLetter::new).collect())
    }

    /// Waits until there are at least so many, up to 1000, and gives them; for a test, which bounds it by a timeout.
    ///
    /// ```
    /// use serde_json::json;
    /// use trunkline::{Client, Delivery, HandlerError};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> trunkline::Result<()> {
    /// let events = Client::builder().build()?.events();
    /// let subscribe = events.subscribe("shipping");
    /// let subscribe = subscribe.on_named("order_paid", |_: Delivery<_>| async { Err::<(), _>(HandlerError::retry("no stock")) });
    /// let worker = subscribe.start().await?;
    /// events.publish_named("order_paid", &json!({})).id("7").await?;
    /// // Eleven minutes of retries, in paused time.
    /// let letters = events.dead("shipping").wait_for(1).await?;
    /// assert_eq!((letters[0].id(), letters[0].attempts()), ("7", 7));
    /// # drop(worker);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Config` for a name that no group or subscription may have, and when this build does not speak the scheme of
    /// `MESSAGING_URL`; over a broker, `Connect` when there is no connection to it within 10 s.
    #[cfg(feature = "testing")]
    pub async fn wait_for(&self, count: usize) -> Result<Vec<DeadLetter>> {
        loop {
            let letters = self.list().await?;
            if letters.len() >= count.min(LISTED) {
                return Ok(letters);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Puts the event of this id back into its queue, as if it came for the first time; `false` when it is not there or
    /// its queue is full. Over `amqp:` it is looked for among the oldest 10 000, or as many as have 64 MiB.
    ///
    /// # Errors
    /// `Config` for a name that no group or subscription may have, and when this build does not speak the scheme of
    /// `MESSAGING_URL`; over a broker, `Connect` when there is no connection to it within 10 s.
    pub async fn replay(&self, id: impl AsRef<str>) -> Result<bool> {
        let replayed = self
            .shared
            .events
            .bus()?
            .replay(&self.shelf()?, Some(id.as_ref()))
            .await?;
        Ok(replayed > 0)
    }

    /// Puts all of them back, as many as their queue has room for; says how many.
    ///
    /// # Errors
    /// `Config` for a name that no group or subscription may have, and when this build does not speak the scheme of
    /// `MESSAGING_URL`; over a broker, `Connect` when there is no connection to it within 10 s.
    pub async fn replay_all(&self) -> Result<usize> {
        self.shared.events.bus()?.replay(&self.shelf()?, None).await
    }

    /// Throws the event of this id away, for good; `false` when it is not there. It is looked for as by
    /// [`replay`](Self::replay).
    ///
    /// # Errors
    /// `Config` for a name that no group or subscription may have, and when this build does not speak the scheme of
    /// `MESSAGING_URL`; over a broker, `Connect` when there is no connection to it within 10 s.
    pub async fn discard(&self, id: impl AsRef<str>) -> Result<bool> {
        let discarded = self
            .shared
            .events
            .bus()?
            .discard(&self.shelf()?, id.as_ref())
            .await?;
        Ok(discarded > 0)
    }

    fn shelf(&self) -> Result<Shelf> {
        let Some(group) = &self.group else {
            return Ok(Shelf::Unrouted);
        };
        names::check_group("group", group)?;
        let subscription = self.subscription.as_deref();
        subscription.map_or(Ok(()), names::check_subscription)?;
        Ok(Shelf::Dead(topology::label(group, subscription).into()))
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters")
            .field("group", &self.group)
            .field("subscription", &self.subscription)
            .finish_non_exhaustive()
    }
}

/// An event that nobody handles by itself, and why.
#[derive(Clone)]
pub struct DeadLetter {
    /// `None` where it is not readable as an event at all.
    message: Option<Message>,
    shelved: Shelved,
    #[cfg(feature = "outbox")]
    unsent: Option<InOutbox>,
}

/// Where a letter is in the outbox, and whether its time is the reason.
#[cfg(feature = "outbox")]
#[derive(Clone)]
struct InOutbox {
    seq: Seq,
    has_expired: bool,
    /// Why it was refused, where that is known.
    refused: Option<String>,
}

#[cfg(feature = "outbox")]
impl InOutbox {
    fn reason(&self) -> &str {
        match &self.refused {
            Some(reason) => reason,
            // Versions before kept no reason.
            None if self.has_expired => "it expired, or was refused for good, before it could be sent",
            None => "it was refused for good",
        }
    }
}

#[cfg(feature = "outbox")]
impl DeadLetter {
    /// Of an event of the outbox that is not sent by itself.
    pub(super) fn unsent(
        shelved: Shelved,
        seq: Seq,
        expires_at: Option<SystemTime>,
        refused: Option<String>,
    ) -> Self {
        let has_expired = expires_at.is_some_and(|end| end <= SystemTime::now());
        Self {
            unsent: Some(InOutbox {
                seq,
                has_expired,
                refused,
            }),
            ..Self::new(shelved)
        }
    }

    pub(super) fn stored_as(&self) -> Option<Seq> {
        self.unsent.as_ref().map(|unsent| unsent.seq)
    }
}

impl DeadLetter {
    pub(super) fn new(shelved: Shelved) -> Self {
        Self {
            message: format::read(&shelved.wire).ok(),
            shelved,
            #[cfg(feature = "outbox")]
            unsent: None,
        }
    }

    /// The event's id; empty where it has none.
    pub fn id(&self) -> &str {
        let said = self.message.as_ref().map(|message| &*message.id);
        let said = said.filter(|id| !id.is_empty());
        said.or(self.shelved.wire.properties.message_id.as_deref())
            .unwrap_or_default()
    }

    /// The event's name; empty where it has none.
    pub fn name(&self) -> &str {
        self.message.as_ref().map_or("", |message| &message.name)
    }

    /// The service that published it; empty where it does not say.
    pub fn source(&self) -> &str {
        self.message.as_ref().map_or("", |message| &message.source)
    }

    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        self.message
            .as_ref()
            .map(|message| message.priority)
            .unwrap_or_default()
    }

    /// Why it is here: what the last attempt said.
    pub fn reason(&self) -> &str {
        #[cfg(feature = "outbox")]
        if let Some(unsent) = &self.unsent {
            return unsent.reason();
        }
        self.text(DEAD_REASON).unwrap_or("no queue is bound for it")
    }

    /// How many attempts at handling it failed. One that ended with its process is not among them.
    pub fn attempts(&self) -> u32 {
        let attempts = self
            .text(DEAD_REASON)
            .and(self.shelved.wire.headers.number(ATTEMPT));
        attempts
            .and_then(|attempts| u32::try_from(attempts).ok())
            .unwrap_or(0)
    }

    /// What the first failed attempt said; `None` when there was none.
    pub fn first_failure(&self) -> Option<&str> {
        self.text(FIRST_FAILURE)
    }

    /// When the first attempt failed; `None` when there was none.
    pub fn first_failure_time(&self) -> Option<SystemTime> {
        self.text(FIRST_FAILURE_TIME).and_then(timestamp::read)
    }

    /// Since when it is here.
    pub fn since(&self) -> SystemTime {
        self.shelved.since
    }

    /// The event itself, as it is on the wire.
    pub fn body(&self) -> &[u8] {
        match &self.message {
            Some(message) => &message.body,
            None => &self.shelved.wire.body,
        }
    }

    /// The event itself as a value.
    ///
    /// # Errors
    /// `Decode` when it is not of this type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.body()).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("the event `{}`: {error}", self.name())).with_source(error)
        })
    }

    fn text(&self, header: &str) -> Option<&str> {
        self.shelved.wire.headers.text(header).map(Text::as_str)
    }
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("reason", &self.reason())
            .field("attempts", &self.attempts())
            .finish_non_exhaustive()
    }
}
