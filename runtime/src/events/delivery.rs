//! What a handler gets.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::Priority;
use super::message::Message;
use crate::Context;
use crate::client::Shared;
use crate::context::MakeContext;
use crate::random::Random;

/// An event that was delivered: the value, and what is said of it.
///
/// It dereferences to the value. Delivery is at least once: the same event may come again, under the same
/// [`id`](Self::id).
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
