//! The seam between events and what carries them: publishing, taking, settling, dead letters.
//!
//! Publisher and consumer speak to this alone; another transport is another variant.

pub(crate) mod lanes;
pub(crate) mod memory;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use url::Url;

use self::memory::{Bounds, MemoryBus};
use super::Priority;
use super::text::Text;
use super::topology::Route;
use super::wire::Wire;
use crate::{Error, ErrorKind};

/// What carries events.
#[derive(Clone, Debug)]
pub(crate) enum Bus {
    Memory(Arc<MemoryBus>),
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
    /// Whether it may be taken a little later.
    pub(crate) is_temporary: bool,
    pub(crate) reason: String,
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
}

/// Where a subscription takes its events from.
#[derive(Debug)]
pub(crate) enum Source {
    Memory(memory::Source),
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

impl Bus {
    /// The bus at this address, `memory:` where there is none; nothing is connected yet.
    ///
    /// # Errors
    /// `Config` when this build does not speak the scheme, or the address says what it must not.
    pub(crate) fn open(url: Option<&Url>) -> Result<Self, Error> {
        let Some(url) = url else {
            return Ok(Self::memory(Bounds::default()));
        };
        match url.scheme() {
            "memory" => Bounds::of(url).map(Self::memory),
            scheme => {
                // Without the address: it may hold a password.
                let message = format!("events over `{scheme}:`: this build speaks `memory:` only");
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
        }
    }

    /// Resolves once the event is confirmed.
    #[expect(clippy::unused_async, reason = "a bus behind a network confirms later")]
    pub(crate) async fn publish(&self, outgoing: &Outgoing) -> Result<(), Nack> {
        match self {
            Self::Memory(bus) => bus.publish(outgoing),
        }
    }

    /// Puts the event where it goes, where nobody has to be waited for. `false` where one has to, or where it was refused:
    /// [`publish`](Self::publish) says why.
    pub(crate) fn publish_now(&self, outgoing: &Outgoing) -> bool {
        match self {
            Self::Memory(bus) => bus.publish(outgoing).is_ok(),
        }
    }

    /// Declares the queue and takes from it.
    #[expect(clippy::unused_async, reason = "a bus behind a network declares later")]
    pub(crate) async fn subscribe(&self, declaration: &Declaration) -> Result<Source, Error> {
        match self {
            Self::Memory(bus) => Ok(Source::Memory(bus.subscribe(declaration)?)),
        }
    }

    /// What is on a shelf, the oldest first, at most so many.
    #[expect(clippy::unused_async, reason = "a bus behind a network answers later")]
    pub(crate) async fn list(&self, place: &Shelf, most: usize) -> Result<Vec<Shelved>, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.list(place, most)),
        }
    }

    /// Puts the events of this id, or all, back where they came from; says how many.
    #[expect(clippy::unused_async, reason = "a bus behind a network answers later")]
    pub(crate) async fn replay(&self, place: &Shelf, id: Option<&str>) -> Result<usize, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.replay(place, id)),
        }
    }

    /// Throws the events of this id away; says how many.
    #[expect(clippy::unused_async, reason = "a bus behind a network answers later")]
    pub(crate) async fn discard(&self, place: &Shelf, id: &str) -> Result<usize, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.discard(place, id)),
        }
    }

    /// How full the queue of each label is.
    pub(crate) fn queues(&self) -> Vec<(String, QueueFigures)> {
        match self {
            Self::Memory(bus) => bus.queues(),
        }
    }

    /// How many events no queue was bound for.
    pub(crate) fn unrouted(&self) -> usize {
        match self {
            Self::Memory(bus) => bus.unrouted(),
        }
    }
}

impl Source {
    /// The next event, the more urgent first. Dropping the future loses nothing.
    pub(crate) async fn next(&self) -> Incoming {
        match self {
            Self::Memory(source) => source.next().await,
        }
    }
}

impl Token {
    /// Settles the event; until that succeeds it is not settled and may be tried again.
    #[expect(clippy::unused_async, reason = "a bus behind a network settles later")]
    pub(crate) async fn settle(&mut self, verdict: &Verdict) -> Result<(), Nack> {
        match self {
            Self::Memory(token) => token.settle(verdict),
        }
    }
}
