//! Publishing: a builder that is a future.

mod all;
mod draft;
mod method;
mod receipt;
mod send;

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

pub use self::all::PublishAll;
pub(super) use self::draft::Draft;
pub use self::method::{FromReceipt, PublishOutcome, ServicePublish, publish};
pub use self::receipt::{PublishFailure, Receipt, Stage};

use tokio::task::coop;

#[cfg(feature = "outbox")]
pub(super) use self::send::PATIENCE;
use self::send::{Begun, Sending};
use super::{Envelope, Priority};
use crate::client::Shared;
use crate::{Error, ErrorKind, Result};

/// An event that is about to be published; awaiting it publishes.
///
/// Made by [`Events::publish`](super::Events::publish). It has encoded the event and borrows nothing, so that it can be
/// stored and spawned. It waits for the confirmation until the deadline of the context that it was made in, else at most
/// 30 s. Dropped before it is awaited, it publishes nothing; dropped while it is awaited, the event may have been
/// published or not.
///
/// ```
/// use serde_json::json;
/// use trunkline::{Client, Priority};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> trunkline::Result<()> {
/// let events = Client::builder().build()?.events();
/// let publish = events
///     .publish_named("user_action", &json!({ "user_id": "12345" }))
///     .target("knowledge-service")
///     .priority(Priority::High)
///     .id("action-17");
/// let receipt = tokio::spawn(publish).await.unwrap()?;
/// assert_eq!(receipt.id(), "action-17");
/// # Ok(())
/// # }
/// ```
#[must_use = "an event is published by awaiting it"]
pub struct Publish(State);

#[expect(
    clippy::large_enum_variant,
    reason = "a draft is made and taken once; a box would be the dearest part of many a publish"
)]
enum State {
    /// Until it is polled for the first time.
    Draft(Arc<Shared>, Draft),
    /// From then on, where it has to wait.
    Waiting(Sending),
    /// It is done, and whoever awaits it lets others run first.
    Done(Result<Receipt>),
    Taken,
}

impl Publish {
    pub(super) fn new(shared: Arc<Shared>, draft: Draft) -> Self {
        Self(State::Draft(shared, draft))
    }

    /// The id, 1 to 128 visible ASCII characters: the same on every retry, and what subscribers tell duplicates by.
    /// A new UUID of version 7 unless set.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.change(|draft| draft.id = Some(id.into().into()))
    }

    /// The service that it is for, instead of the one that its type names. It is kept for that service even when it has
    /// never been started, but for families A and B over a broker; see [`EventFormat`](crate::EventFormat).
    pub fn target(self, service: impl Into<String>) -> Self {
        self.change(|draft| draft.target = Some(service.into().into()))
    }

    /// How urgent it is, instead of what its type says.
    pub fn priority(self, priority: Priority) -> Self {
        self.change(|draft| draft.priority = priority)
    }

    /// What it belongs to, for whoever handles it: an order's number, the id of a request.
    pub fn correlation_id(self, id: impl Into<String>) -> Self {
        self.change(|draft| draft.correlation_id = Some(id.into().into()))
    }

    /// A header beside the event, at most 64 of them, each value at most 8 KiB.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.change(|draft| draft.headers.push((name.into().into(), value.into().into())))
    }

    /// The routing key instead of `{target|all}.{source}.{name}`. Subscribers bind their group, or `all`, as the first
    /// of three words and the event's name as the last; what nobody has bound is kept as unrouted.
    pub fn routing_key(self, key: impl Into<String>) -> Self {
        self.change(|draft| draft.routing_key = Some(key.into().into()))
    }

    /// The event as it would be published now, to be stored by the application and published later by an
    /// [`OutboxRelay`](crate::OutboxRelay). Nothing is sent, and no more is counted; a `RecordingEvents` of a test has it from now on.
    ///
    /// # Errors
    /// As those of a publish that come before anything is sent: `Request` for a name, a target, a key, a header or an id
    /// that cannot be sent, and for an event that is no JSON; `Publish` for one that is too large.
    pub fn envelope(mut self) -> Result<Envelope> {
        let State::Draft(shared, draft) = mem::replace(&mut self.0, State::Taken) else {
            let message = "the event is being published already; expected its envelope before";
            return Err(Error::new(ErrorKind::Request, message));
        };
        let (message, outgoing) = send::prepare(&shared, draft)?;
        Ok(Envelope::new(message, outgoing))
    }

    fn change(mut self, change: impl FnOnce(&mut Draft)) -> Self {
        if let State::Draft(_, draft) = &mut self.0 {
            change(draft);
        }
        self
    }

    /// Whoever publishes on and on lets others run, though no publish has to wait. Only afterwards, so that many are
    /// published in the order in which they are polled.
    fn give(&mut self, outcome: Result<Receipt>, cx: &mut Context<'_>) -> Poll<Result<Receipt>> {
        match coop::poll_proceed(cx) {
            Poll::Ready(budget) => {
                budget.made_progress();
                Poll::Ready(outcome)
            }
            Poll::Pending => {
                self.0 = State::Done(outcome);
                Poll::Pending
            }
        }
    }
}

impl Future for Publish {
    type Output = Result<Receipt>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Waiting(sending) = &mut self.0 {
            let outcome = ready!(sending.as_mut().poll(cx));
            self.0 = State::Taken;
            return Poll::Ready(outcome);
        }
        match mem::replace(&mut self.0, State::Taken) {
            State::Draft(shared, draft) => match send::begin(shared, draft) {
                Begun::Done(outcome) => self.give(outcome, cx),
                Begun::Waiting(sending) => {
                    self.0 = State::Waiting(sending);
                    self.poll(cx)
                }
            },
            State::Done(outcome) => Poll::Ready(outcome),
            State::Waiting(_) | State::Taken => unreachable!("a future is not polled after it is done"),
        }
    }
}

impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            State::Draft(_, draft) => Some(draft.name.as_str()),
            State::Waiting(_) | State::Done(_) | State::Taken => None,
        };
        f.debug_struct("Publish")
            .field("name", &name)
            .finish_non_exhaustive()
    }
}
