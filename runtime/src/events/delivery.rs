//! What a handler gets.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;

use super::Priority;
use super::id::EventIds;
use super::message::{JSON, Message, Trace};
use crate::Context;
use crate::client::Shared;
use crate::context::MakeContext;
use crate::random::Random;

/// An event that was delivered: the value, and what is said of it.
///
/// It dereferences to the value. Delivery is at least once: the same event may come again, under the same
/// [`id`](Self::id). A test of a handler makes one by [`of`](Self::of).
///
/// ```
/// use trunkline::Delivery;
/// # use serde_json::Value;
///
/// async fn handle(event: Delivery<Value>) -> trunkline::Result<()> {
///     println!("{} of {}: {}", event.id(), event.source(), event["user_id"]);
///     Ok(())
/// }
/// ```
pub struct Delivery<T> {
    value: T,
    attempt: u32,
    received: Arc<Received>,
}

/// What all attempts at one event share.
pub(super) struct Received {
    message: Message,
    /// When it was published; when it arrived, where it does not say.
    time: SystemTime,
    /// For the ids of its context.
    random: Random,
    /// Made when somebody asks for it.
    context: OnceLock<Context>,
}

impl Received {
    /// A message that was taken; an id is made where a foreign publisher gave none.
    pub(super) fn new(mut message: Message, shared: &Shared) -> Self {
        let time = message.time.unwrap_or_else(SystemTime::now);
        if message.id.is_empty() {
            message.id = shared.events.ids.next(SystemTime::now(), &shared.random);
        }
        Self {
            message,
            time,
            random: shared.random.branch(),
            context: OnceLock::new(),
        }
    }

    /// One that nobody has published.
    fn of_a_test() -> Self {
        let (time, random) = (SystemTime::now(), Random::from_entropy());
        let message = Message {
            id: EventIds::default().next(time, &random),
            name: "".into(),
            version: None,
            source: "".into(),
            target: None,
            priority: Priority::default(),
            time: Some(time),
            expires_at: None,
            correlation_id: None,
            trace: Trace::default(),
            headers: Vec::new(),
            attempt: 1,
            content_type: JSON.into(),
            body: Bytes::new(),
        };
        Self {
            message,
            time,
            random,
            context: OnceLock::new(),
        }
    }

    fn changed(&self, change: impl FnOnce(&mut Message)) -> Self {
        let mut message = self.message.clone();
        change(&mut message);
        Self {
            message,
            time: self.time,
            random: self.random.branch(),
            context: self.context.clone(),
        }
    }

    pub(super) fn message(&self) -> &Message {
        &self.message
    }
}

impl MakeContext for Received {
    fn context(&self) -> &Context {
        let trace = &self.message.trace;
        self.context.get_or_init(|| {
            Context::of_event(
                &self.random,
                trace.traceparent.as_deref(),
                trace.tracestate.as_deref(),
                trace.trace_id.as_deref(),
                trace.baggage.as_deref(),
            )
        })
    }
}

impl<T> Delivery<T> {
    pub(super) fn new(value: T, attempt: u32, received: Arc<Received>) -> Self {
        Self {
            value,
            attempt,
            received,
        }
    }

    /// An event with this value, as a test of a handler makes it: the first attempt at it, published just now, with an id of its
    /// own and in a trace of its own; nothing else is said of it.
    ///
    /// ```
    /// use trunkline::{Delivery, HandlerError};
    ///
    /// async fn ship(order: Delivery<u32>) -> Result<(), HandlerError> {
    ///     match *order {
    ///         0 => Err(HandlerError::reject("there is no such order")),
    ///         _ if order.attempt() > 3 => Err(HandlerError::reject("it was tried often enough")),
    ///         _ => Ok(()),
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert!(ship(Delivery::of(7)).await.is_ok());
    /// assert!(ship(Delivery::of(0)).await.is_err());
    /// let late = Delivery::of(7).with_id("paid-7").with_header("tenant", "a").with_attempt(4);
    /// assert_eq!((late.id(), late.header("tenant")), ("paid-7", Some("a")));
    /// assert!(ship(late).await.is_err());
    /// # }
    /// ```
    pub fn of(value: T) -> Self {
        Self::new(value, 1, Arc::new(Received::of_a_test()))
    }

    /// The same event with another id, for a test.
    pub fn with_id(self, id: impl Into<String>) -> Self {
        self.change(|message| message.id = id.into().into())
    }

    /// The same event under another name, for a test.
    pub fn with_name(self, name: impl Into<String>) -> Self {
        self.change(|message| message.name = name.into().into())
    }

    /// The same event of another publisher, for a test.
    pub fn with_source(self, service: impl Into<String>) -> Self {
        self.change(|message| message.source = service.into().into())
    }

    /// The same event for this service, for a test.
    pub fn with_target(self, service: impl Into<String>) -> Self {
        self.change(|message| message.target = Some(service.into().into()))
    }

    /// The same event with another priority, for a test.
    pub fn with_priority(self, priority: Priority) -> Self {
        self.change(|message| message.priority = priority)
    }

    /// The same event, belonging to this, for a test.
    pub fn with_correlation_id(self, id: impl Into<String>) -> Self {
        self.change(|message| message.correlation_id = Some(id.into().into()))
    }

    /// The same event with one more header, for a test.
    pub fn with_header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.change(|message| message.headers.push((name.into().into(), value.into().into())))
    }

    /// The same event at another attempt, from 1, for a test.
    pub fn with_attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Message)) -> Self {
        self.received = Arc::new(self.received.changed(change));
        self
    }

    /// The id: with the [`source`](Self::source) it names the event, on every attempt and in every duplicate.
    pub fn id(&self) -> &str {
        &self.message().id
    }

    /// The name that it was published under.
    pub fn name(&self) -> &str {
        &self.message().name
    }

    /// The service that published it; empty where it does not say.
    pub fn source(&self) -> &str {
        &self.message().source
    }

    /// The service that it is for; `None` when it is for all.
    pub fn target(&self) -> Option<&str> {
        self.message().target.as_deref()
    }

    /// Which attempt at handling it this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        self.message().priority
    }

    /// When it was published; when it arrived, where it does not say.
    pub fn time(&self) -> SystemTime {
        self.received.time
    }

    /// What it belongs to, where its publisher said so.
    pub fn correlation_id(&self) -> Option<&str> {
        self.message().correlation_id.as_deref()
    }

    /// A header of its publisher.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.message().header(name)
    }

    /// The context that the handler runs in: the trace of whoever published the event.
    pub fn context(&self) -> &Context {
        self.received.context()
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    fn message(&self) -> &Message {
        &self.received.message
    }
}

impl<T> Deref for Delivery<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Delivery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("name", &self.name())
            .field("id", &self.id())
            .field("attempt", &self.attempt)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}
