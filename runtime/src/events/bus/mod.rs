//! The seam between events and what carries them: publishing, taking, settling, dead letters.
//!
//! Publisher and consumer speak to this alone; another transport is another variant.

pub(crate) mod http;
pub(crate) mod lanes;
pub(crate) mod memory;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use self::http::{HttpBus, HttpSettings};
use self::memory::{Bounds, MemoryBus};
use super::text::Text;
use super::topology::Route;
use super::wire::Wire;
use super::{Priority, PublishFailure};
use crate::client::Shared;
use crate::{Error, ErrorKind};

/// What carries events.
#[derive(Clone, Debug)]
pub(crate) enum Bus {
    Memory(Arc<MemoryBus>),
    Http(Arc<HttpBus>),
}

/// An event on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) route: Route,
    pub(crate) priority: Priority,
    pub(crate) wire: Arc<Wire>,
}

/// Why something was not taken.
#[derive(Clone, Debug)]
pub(crate) struct Nack {
    pub(crate) again: Again,
    /// What a publish fails with that ends here.
    pub(crate) failure: PublishFailure,
    /// Not sooner than that.
    pub(crate) after: Duration,
    pub(crate) reason: String,
}

/// When something that was not taken may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Soon,
    /// Once somebody has changed something else than the event: a credential, an address.
    AfterAChange,
    Never,
}

/// A queue as a subscription declares it.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    /// The first words that it binds are this group and `all`.
    pub(crate) group: Text,
    /// What names the queue.
    pub(crate) label: Text,
    /// The names of the events that have handlers.
    pub(crate) names: Vec<Text>,
    /// True once no more events are to be taken; gone with the subscription.
    pub(crate) closing: watch::Receiver<bool>,
}

/// Where a subscription takes its events from.
#[derive(Debug)]
pub(crate) enum Source {
    Memory(memory::Source),
    Http(http::Source),
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

/// A queue whose events nobody handles by themselves.
#[derive(Clone, Debug)]
pub(crate) enum Shelf {
    /// The dead letters of the queue of this label.
    Dead(Text),
    /// What no queue was bound for.
    Unrouted,
}

/// An event on a shelf.
#[derive(Clone, Debug)]
pub(crate) struct Shelved {
    pub(crate) wire: Arc<Wire>,
    pub(crate) since: SystemTime,
}

/// How full a queue is.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueueFigures {
    pub(crate) depth: usize,
    pub(crate) in_hand: usize,
    pub(crate) waiting: usize,
    pub(crate) dead: usize,
    pub(crate) oldest: Duration,
}

impl Nack {
    /// It was refused, and may be taken a little later.
    pub(crate) fn temporary(reason: impl Into<String>) -> Self {
        Self {
            again: Again::Soon,
            failure: PublishFailure::Refused,
            after: Duration::ZERO,
            reason: reason.into(),
        }
    }

    /// It was refused for good.
    pub(crate) fn permanent(reason: impl Into<String>) -> Self {
        Self {
            again: Again::Never,
            ..Self::temporary(reason)
        }
    }
}

impl Bus {
    /// The bus at this address, `memory:` where there is none; nothing is connected yet.
    ///
    /// # Errors
    /// `Config` when this build does not speak the scheme, or the address says what it must not.
    pub(crate) fn open(url: Option<&Url>, http: &HttpSettings) -> Result<Self, Error> {
        let Some(url) = url else {
            return Ok(Self::memory(Bounds::default()));
        };
        match url.scheme() {
            "memory" => Bounds::of(url).map(Self::memory),
            "http" | "https" => Ok(Self::Http(Arc::new(HttpBus::open(url, http)?))),
            scheme => {
                // Without the address: it may hold a password.
                let message =
                    format!("events over `{scheme}:`: this build speaks `memory:`, `http:` and `https:`");
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }

    fn memory(bounds: Bounds) -> Self {
        Self::Memory(Arc::new(MemoryBus::new(bounds)))
    }

    /// `messaging.system` of a span.
    pub(crate) fn system(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Http(_) => "http",
        }
    }

    /// Gives the bus the client that it belongs to.
    pub(crate) fn attach(&self, shared: &Arc<Shared>) {
        match self {
            Self::Memory(_) => {}
            Self::Http(bus) => bus.attach(shared),
        }
    }

    /// Resolves once the event is confirmed. The caller gives up at the deadline, where there is one.
    pub(crate) async fn publish(&self, outgoing: &Outgoing, deadline: Option<Instant>) -> Result<(), Nack> {
        match self {
            Self::Memory(bus) => bus.publish(outgoing),
            Self::Http(bus) => bus.publish(outgoing, deadline).await,
        }
    }

    /// Puts the event where it goes, where nobody has to be waited for. `false` where one has to, or where it was refused:
    /// [`publish`](Self::publish) says why.
    pub(crate) fn publish_now(&self, outgoing: &Outgoing) -> bool {
        match self {
            Self::Memory(bus) => bus.publish(outgoing).is_ok(),
            Self::Http(_) => false,
        }
    }

    /// Declares the queue and takes from it.
    pub(crate) async fn subscribe(&self, declaration: &Declaration) -> Result<Source, Error> {
        match self {
            Self::Memory(bus) => Ok(Source::Memory(bus.subscribe(declaration)?)),
            Self::Http(bus) => Ok(Source::Http(bus.subscribe(declaration).await?)),
        }
    }

    /// What is on a shelf, the oldest first, at most so many.
    #[expect(clippy::unused_async, reason = "a bus behind a network answers later")]
    pub(crate) async fn list(&self, place: &Shelf, most: usize) -> Result<Vec<Shelved>, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.list(place, most)),
            Self::Http(bus) => Ok(bus.shelves().list(place, most)),
        }
    }

    /// Puts the events of this id, or all, back where they came from; says how many.
    #[expect(clippy::unused_async, reason = "a bus behind a network answers later")]
    pub(crate) async fn replay(&self, place: &Shelf, id: Option<&str>) -> Result<usize, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.replay(place, id)),
            Self::Http(bus) => Ok(bus.shelves().replay(place, id)),
        }
    }

    /// Throws the events of this id away; says how many.
    #[expect(clippy::unused_async, reason = "a bus behind a network answers later")]
    pub(crate) async fn discard(&self, place: &Shelf, id: &str) -> Result<usize, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.discard(place, id)),
            Self::Http(bus) => Ok(bus.shelves().discard(place, id)),
        }
    }

    /// How full the queue of each label is.
    pub(crate) fn queues(&self) -> Vec<(String, QueueFigures)> {
        match self {
            Self::Memory(bus) => bus.queues(),
            Self::Http(bus) => bus.shelves().queues(),
        }
    }

    /// How many events no queue was bound for.
    pub(crate) fn unrouted(&self) -> usize {
        match self {
            Self::Memory(bus) => bus.unrouted(),
            Self::Http(bus) => bus.shelves().unrouted(),
        }
    }
}

impl Source {
    /// The next event, the more urgent first. Dropping the future loses nothing.
    pub(crate) async fn next(&self) -> Incoming {
        match self {
            Self::Memory(source) => source.next().await,
            Self::Http(source) => source.next().await,
        }
    }
}

impl Token {
    /// Settles the event; until that succeeds it is not settled and may be tried again.
    #[expect(clippy::unused_async, reason = "a bus behind a network settles later")]
    pub(crate) async fn settle(&mut self, verdict: &Verdict) -> Result<(), Nack> {
        match self {
            Self::Memory(token) => token.settle(verdict),
            Self::Http(token) => token.settle(verdict),
        }
    }
}
