//! The seam between events and what carries them: publishing, taking, settling, dead letters.
//!
//! Publisher and consumer speak to this alone; another transport is another variant.

#[cfg(feature = "amqp")]
pub(crate) mod amqp;
mod figures;
pub(crate) mod http;
pub(crate) mod lanes;
pub(crate) mod memory;
mod outgoing;
mod shelf;
mod taking;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use self::http::{HttpBus, HttpSettings};
use self::memory::{Bounds, MemoryBus};
#[cfg(feature = "amqp")]
use super::EventFormat;
use super::EventsState;
use crate::client::Shared;
use crate::{Error, ErrorKind};

pub(crate) use self::figures::{LinkFigures, QueueFigures};
pub(crate) use self::outgoing::{Again, Nack, Outgoing};
pub(crate) use self::shelf::{Shelf, Shelved};
pub(crate) use self::taking::{Closed, Declaration, Incoming, Source, Token, Verdict};

#[cfg(feature = "amqp")]
const SPOKEN: &str = "`memory:`, `http:`, `https:`, `amqp:` and `amqps:`";
#[cfg(not(feature = "amqp"))]
const SPOKEN: &str = "`memory:`, `http:` and `https:`; `amqp:` and `amqps:` with the feature `amqp`";

/// What a bus is made of.
pub(crate) struct Opening<'a> {
    /// Where it is; several addresses are of one broker's nodes.
    pub(crate) urls: &'a [Url],
    pub(crate) http: &'a HttpSettings,
    #[cfg(feature = "amqp")]
    pub(crate) format: EventFormat,
    #[cfg(feature = "amqp")]
    pub(crate) name: &'a str,
    #[cfg(feature = "amqp")]
    pub(crate) tls: crate::transport::TlsOptions,
    #[cfg(feature = "amqp")]
    pub(crate) logging: bool,
    #[cfg(feature = "amqp")]
    pub(crate) random: &'a crate::random::Random,
}

/// What carries events.
#[derive(Clone, Debug)]
pub(crate) enum Bus {
    Memory(Arc<MemoryBus>),
    Http(Arc<HttpBus>),
    #[cfg(feature = "amqp")]
    Amqp(Arc<amqp::AmqpBus>),
}

impl Bus {
    /// The bus at this address, `memory:` where there is none; nothing is connected yet.
    ///
    /// # Errors
    /// `Config` when this build does not speak the scheme, or the address says what it must not.
    pub(crate) fn open(opening: &Opening<'_>) -> Result<Self, Error> {
        let Some((url, others)) = opening.urls.split_first() else {
            return Ok(Self::memory(Bounds::default()));
        };
        match url.scheme() {
            "memory" => Bounds::of(url).map(Self::memory),
            "http" | "https" => Ok(Self::Http(Arc::new(HttpBus::open(url, opening.http)?))),
            #[cfg(feature = "amqp")]
            "amqp" | "amqps" => {
                let settings = amqp::Settings {
                    addresses: amqp::Addresses::of(url, others)?,
                    format: opening.format,
                    name: opening.name.to_owned(),
                    tls: opening.tls.clone(),
                    logging: opening.logging,
                    random: opening.random.branch(),
                };
                Ok(Self::Amqp(Arc::new(amqp::AmqpBus::new(settings))))
            }
            scheme => {
                let _ = others;
                // Without the address: it may hold a password.
                let message = format!("events over `{scheme}:`: this build speaks {SPOKEN}");
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
            #[cfg(feature = "amqp")]
            Self::Amqp(_) => "rabbitmq",
        }
    }

    /// Gives the bus the client that it belongs to.
    pub(crate) fn attach(&self, shared: &Arc<Shared>) {
        match self {
            Self::Memory(_) => {}
            Self::Http(bus) => bus.attach(shared),
            // What it needs, it has been given.
            #[cfg(feature = "amqp")]
            Self::Amqp(_) => {}
        }
    }

    /// Resolves once the event is confirmed. The caller gives up at the deadline, where there is one.
    pub(crate) async fn publish(&self, outgoing: &Outgoing, deadline: Option<Instant>) -> Result<(), Nack> {
        match self {
            Self::Memory(bus) => bus.publish(outgoing),
            Self::Http(bus) => bus.publish(outgoing, deadline).await,
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.publish(outgoing).await,
        }
    }

    /// Puts the event where it goes, where nobody has to be waited for. `false` where one has to, or where it was refused:
    /// [`publish`](Self::publish) says why.
    pub(crate) fn publish_now(&self, outgoing: &Outgoing) -> bool {
        match self {
            Self::Memory(bus) => bus.publish(outgoing).is_ok(),
            Self::Http(_) => false,
            #[cfg(feature = "amqp")]
            Self::Amqp(_) => false,
        }
    }

    /// Declares the queue and takes from it.
    pub(crate) async fn subscribe(&self, declaration: &Declaration) -> Result<Source, Error> {
        match self {
            Self::Memory(bus) => Ok(Source::Memory(bus.subscribe(declaration)?)),
            Self::Http(bus) => Ok(Source::Http(bus.subscribe(declaration).await?)),
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.subscribe(declaration).await.map(Source::Amqp),
        }
    }

    /// What is on a shelf, the oldest first, at most so many.
    #[cfg_attr(
        not(feature = "amqp"),
        expect(clippy::unused_async, reason = "a bus behind a network answers later")
    )]
    pub(crate) async fn list(&self, place: &Shelf, most: usize) -> Result<Vec<Shelved>, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.list(place, most)),
            Self::Http(bus) => Ok(bus.shelves().list(place, most)),
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.list(place, most).await,
        }
    }

    /// Puts the events of this id, or all, back where they came from; says how many.
    #[cfg_attr(
        not(feature = "amqp"),
        expect(clippy::unused_async, reason = "a bus behind a network answers later")
    )]
    pub(crate) async fn replay(&self, place: &Shelf, id: Option<&str>) -> Result<usize, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.replay(place, id)),
            Self::Http(bus) => Ok(bus.shelves().replay(place, id)),
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.replay(place, id).await,
        }
    }

    /// Throws the events of this id away; says how many.
    #[cfg_attr(
        not(feature = "amqp"),
        expect(clippy::unused_async, reason = "a bus behind a network answers later")
    )]
    pub(crate) async fn discard(&self, place: &Shelf, id: &str) -> Result<usize, Error> {
        match self {
            Self::Memory(bus) => Ok(bus.discard(place, id)),
            Self::Http(bus) => Ok(bus.shelves().discard(place, id)),
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.discard(place, id).await,
        }
    }

    /// How full the queue of each label is.
    pub(crate) fn queues(&self) -> Vec<(String, QueueFigures)> {
        match self {
            Self::Memory(bus) => bus.queues(),
            Self::Http(bus) => bus.shelves().queues(),
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.queues(),
        }
    }

    /// How the connections are, now and from now on; looking makes them.
    pub(crate) fn watch(&self) -> watch::Receiver<EventsState> {
        match self {
            // Whoever watches sees that there will be no change.
            Self::Memory(_) | Self::Http(_) => watch::channel(EventsState::Up).1,
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.watch(),
        }
    }

    /// How the connections are, where they are made.
    pub(crate) fn seen(&self) -> EventsState {
        match self {
            Self::Memory(_) | Self::Http(_) => EventsState::Up,
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.seen(),
        }
    }

    /// What became of the connections so far.
    pub(crate) fn links(&self) -> LinkFigures {
        match self {
            Self::Memory(_) | Self::Http(_) => LinkFigures::default(),
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.figures(),
        }
    }

    /// Resolves once there is a connection to publish on, or there will be none; at once where none is kept.
    #[cfg_attr(
        not(feature = "amqp"),
        expect(clippy::unused_async, reason = "a bus that keeps a connection waits for it")
    )]
    pub(crate) async fn ready(&self) {
        match self {
            Self::Memory(_) | Self::Http(_) => {}
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.ready().await,
        }
    }

    /// Looks for what no broker and no service would ever take.
    ///
    /// # Errors
    /// For good.
    pub(crate) fn check(&self, outgoing: &Outgoing) -> Result<(), Nack> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Http(bus) => bus.check(outgoing),
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.check(outgoing),
        }
    }

    /// The most bytes of an event that this bus takes.
    pub(crate) fn largest(&self) -> usize {
        match self {
            Self::Memory(_) | Self::Http(_) => usize::MAX,
            #[cfg(feature = "amqp")]
            Self::Amqp(_) => amqp::LARGEST,
        }
    }

    /// Ends what runs in the background, in good order until the deadline.
    #[cfg(feature = "amqp")]
    pub(crate) async fn shutdown(&self, deadline: Instant) {
        match self {
            Self::Memory(_) | Self::Http(_) => {}
            Self::Amqp(bus) => bus.shutdown(deadline).await,
        }
    }

    /// How many events no queue was bound for.
    pub(crate) fn unrouted(&self) -> usize {
        match self {
            Self::Memory(bus) => bus.unrouted(),
            Self::Http(bus) => bus.shelves().unrouted(),
            #[cfg(feature = "amqp")]
            Self::Amqp(bus) => bus.unrouted(),
        }
    }
}
