//! What a subscription declares, takes from and settles.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::super::text::Text;
use super::super::wire::Wire;
#[cfg(feature = "amqp")]
use super::amqp;
use super::{Nack, http, memory};

/// A queue as a subscription declares it.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    /// The first words that it binds are this group and `all`.
    pub(crate) group: Text,
    /// What names the queue.
    pub(crate) label: Text,
    /// The names of the events that have handlers.
    pub(crate) names: Vec<Text>,
    /// The events that are taken before they are settled.
    #[cfg_attr(
        not(feature = "amqp"),
        expect(dead_code, reason = "in process there is no line to stand in")
    )]
    pub(crate) prefetch: u16,
    /// The steps of the ladder, each of which is a queue.
    #[cfg_attr(
        not(feature = "amqp"),
        expect(dead_code, reason = "in process a queue has any number of them")
    )]
    pub(crate) steps: Vec<Duration>,
    /// True once no more events are to be taken; gone with the subscription.
    pub(crate) closing: watch::Receiver<bool>,
}

/// Where a subscription takes its events from.
#[derive(Debug)]
pub(crate) enum Source {
    Memory(memory::Source),
    Http(http::Source),
    #[cfg(feature = "amqp")]
    Amqp(amqp::Source),
}

/// Tells when a subscription is gone, with all that it knew told to the broker.
#[derive(Clone, Debug)]
pub(crate) enum Closed {
    Memory,
    #[cfg(feature = "amqp")]
    Amqp(amqp::Closed),
}

/// An event that was taken and is not settled. Dropped, it goes back to the front of its queue.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) wire: Arc<Wire>,
    pub(crate) token: Token,
}

/// The right to settle one event.
#[derive(Debug)]
pub(crate) enum Token {
    Memory(memory::Token),
    Http(http::Token),
    #[cfg(feature = "amqp")]
    Amqp(amqp::Token),
}

/// What becomes of an event that was taken.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It is done.
    Ack,
    /// This copy comes again after a step of the ladder.
    Retry { copy: Arc<Wire>, after: Duration },
    /// This copy is a dead letter.
    Dead { copy: Arc<Wire> },
}

impl Closed {
    /// Returns once the subscription is gone.
    #[cfg_attr(
        not(feature = "amqp"),
        expect(clippy::unused_async, reason = "in process nothing is told to anybody")
    )]
    pub(crate) async fn wait(self) {
        match self {
            Self::Memory => {}
            #[cfg(feature = "amqp")]
            Self::Amqp(closed) => closed.wait().await,
        }
    }
}

impl Source {
    /// The next event, the more urgent first. Dropping the future loses nothing.
    pub(crate) async fn next(&self) -> Incoming {
        match self {
            Self::Memory(source) => source.next().await,
            Self::Http(source) => source.next().await,
            #[cfg(feature = "amqp")]
            Self::Amqp(source) => source.next().await,
        }
    }

    /// Resolves some time after this is dropped.
    pub(crate) fn closed(&self) -> Closed {
        match self {
            Self::Memory(_) | Self::Http(_) => Closed::Memory,
            #[cfg(feature = "amqp")]
            Self::Amqp(source) => Closed::Amqp(source.closed()),
        }
    }
}

impl Token {
    /// Acknowledges the event, where nobody has to be waited for; `false` where one has to, by
    /// [`settle`](Self::settle).
    pub(crate) fn ack_now(&mut self) -> bool {
        match self {
            Self::Memory(token) => token.settle(&Verdict::Ack).is_ok(),
            Self::Http(_) => false,
            #[cfg(feature = "amqp")]
            Self::Amqp(_) => false,
        }
    }

    /// Settles the event; until that succeeds it is not settled and may be tried again.
    #[cfg_attr(
        not(feature = "amqp"),
        expect(clippy::unused_async, reason = "a bus behind a network settles later")
    )]
    pub(crate) async fn settle(&mut self, verdict: &Verdict) -> Result<(), Nack> {
        match self {
            Self::Memory(token) => token.settle(verdict),
            Self::Http(token) => token.settle(verdict),
            #[cfg(feature = "amqp")]
            Self::Amqp(token) => token.settle(verdict).await,
        }
    }
}
