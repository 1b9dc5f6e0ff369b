//! The bus over `RabbitMQ`: two connections that a supervisor of our own keeps up, one task that publishes, one task for
//! each subscription.
//!
//! Nothing is connected before it is needed. Lapin's own recovery stays off.

mod address;
mod backoff;
mod burial;
mod declare;
mod depths;
mod fault;
mod link;
mod log;
mod plans;
mod publisher;
mod running;
mod shelf;
mod state;
mod subscription;
mod supervise;
mod targets;
mod topology;
mod wire;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rustls::ClientConfig;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use self::depths::{Depths, Taker};
use self::fault::{Cause, Fault};
use self::link::Link;
use self::plans::Plans;
use self::publisher::Publisher;
use self::running::Running;
use self::state::States;
use self::subscription::Needs;
use self::targets::Targets;
use super::{Declaration, LinkFigures, Nack, Outgoing, QueueFigures, Shelf, Shelved};
use crate::client::lock;
use crate::events::{EventFormat, EventsState};
use crate::random::Random;
use crate::transport::{TlsOptions, tls};
use crate::{Error, ErrorKind};

pub(crate) use self::address::Addresses;
pub(crate) use self::subscription::{Closed, Source, Token};
pub(crate) use self::wire::LARGEST;

/// How long a subscription waits for a broker before it goes on waiting in the background.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long looking at a shelf waits for a connection.
const REACH: Duration = Duration::from_secs(10);

/// What a client says of itself and wants of its broker.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) addresses: Addresses,
    pub(crate) format: EventFormat,
    /// What the connections are called.
    pub(crate) name: String,
    pub(crate) tls: TlsOptions,
    pub(crate) logging: bool,
    pub(crate) random: Random,
}

/// The bus of one client.
pub(crate) struct AmqpBus {
    core: Arc<Core>,
    depths: Arc<Depths>,
    running: Mutex<Running>,
}

/// What all tasks share.
struct Core {
    addresses: Addresses,
    format: EventFormat,
    name: String,
    tls_options: TlsOptions,
    tls: OnceLock<Arc<ClientConfig>>,
    logging: bool,
    random: Random,
    states: States,
    targets: Targets,
    plans: Plans,
}

impl Core {
    /// The one configuration of TLS.
    fn tls(&self) -> Result<Arc<ClientConfig>, Fault> {
        if let Some(tls) = self.tls.get() {
            return Ok(Arc::clone(tls));
        }
        let config = tls::config(&self.tls_options)
            .map_err(|error| Fault::new(Cause::Refused, error.message().to_owned()))?;
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }

    /// Declares the exchanges, and all that is bound to them and known here: with an exchange its bindings are deleted.
    ///
    /// # Errors
    /// When the exchanges are refused, or the connection is of no more use.
    async fn restore(&self, link: &Link) -> Result<(), Fault> {
        let how = self.addresses.declare;
        declare::exchanges(link, how, self.format).await?;
        for plan in self.plans.all() {
            // Why it cannot be declared the subscription says itself; nobody else is held up by it.
            let _ = declare::subscription(link, how, &plan).await;
        }
        Ok(())
    }
}

impl AmqpBus {
    pub(crate) fn new(settings: Settings) -> Self {
        let Settings {
            addresses,
            format,
            name,
            tls,
            logging,
            random,
        } = settings;
        Self {
            core: Arc::new(Core {
                addresses,
                format,
                name,
                tls_options: tls,
                tls: OnceLock::new(),
                logging,
                random,
                states: States::new(),
                targets: Targets::new(),
                plans: Plans::default(),
            }),
            depths: Arc::default(),
            running: Mutex::default(),
        }
    }

    /// Resolves once there is a connection to publish on, or there will be none.
    pub(crate) async fn ready(&self) {
        if let Ok(publisher) = self.publisher() {
            // An error is told to whoever publishes.
            let _ = publisher.link().await;
        }
    }

    /// # Errors
    /// For good, where no frame of this broker, or without a connection of a usual one, holds properties and headers.
    pub(crate) fn check(&self, outgoing: &Outgoing) -> Result<(), Nack> {
        if wire::excess(&outgoing.wire, wire::USUAL_FRAME) == 0 {
            return Ok(());
        }
        let link = lock(&self.running).publishing_link();
        let frame_max = link.map_or(wire::USUAL_FRAME, |link| link.frame_max());
        wire::properties(&outgoing.wire, frame_max).map(drop)
    }

    /// Resolves once the broker has confirmed the event; without a connection, once there is one.
    pub(crate) async fn publish(&self, outgoing: &Outgoing) -> Result<(), Nack> {
        let publisher = self.publisher()?;
        let core = &*self.core;
        core.targets.ensure(core, &publisher, outgoing).await?;
        publisher.publish(topology::parcel(core.format, outgoing)).await
    }

    /// Declares the queues and takes from them, also after every loss of a connection.
    ///
    /// # Errors
    /// `Config` when the broker has other queues of these names, or does not allow them.
    pub(crate) async fn subscribe(&self, declaration: &Declaration) -> Result<Source, Error> {
        topology::check(self.core.format, declaration)
            .map_err(|message| Error::new(ErrorKind::Config, message))?;
        let (source, declared, taker) = self.begin(declaration).map_err(refused)?;
        let declared = timeout(PATIENCE, declared).await;
        if let Ok(Ok(Ok(()))) | Err(_) = &declared {
            let taker = Taker::new(taker, Arc::clone(source.desk()));
            self.depths
                .add(declaration.label.clone(), declaration.steps.clone(), taker);
        }
        match declared {
            Ok(Ok(Ok(()))) => Ok(source),
            Ok(Ok(Err(fault))) => Err(Error::new(ErrorKind::Config, fault.text)),
            Ok(Err(_)) => Err(Error::new(
                ErrorKind::ShuttingDown,
                "the client is being shut down",
            )),
            Err(_) => {
                log::not_begun(&self.core, &declaration.label, PATIENCE);
                Ok(source)
            }
        }
    }

    fn begin(
        &self,
        declaration: &Declaration,
    ) -> Result<(Source, subscription::Declared, AbortHandle), Nack> {
        let publisher = self.publisher()?;
        let mut running = lock(&self.running);
        let runtime = running.runtime()?;
        let needs = Needs {
            core: Arc::clone(&self.core),
            publisher,
            links: running.consuming(&self.core, &runtime),
            stop: running.work.subscribe(),
        };
        let (source, run, declared) = subscription::make(needs, declaration);
        Ok((source, declared, running.subscribe(&runtime, run)))
    }

    /// What is on a shelf, the oldest first, at most so many.
    pub(crate) async fn list(&self, place: &Shelf, most: usize) -> Result<Vec<Shelved>, Error> {
        let link = self.link().await?;
        shelf::list(&link, place, most).await.map_err(fault)
    }

    pub(crate) async fn replay(&self, place: &Shelf, id: Option<&str>) -> Result<usize, Error> {
        let link = self.link().await?;
        let publisher = self.publisher().map_err(refused)?;
        shelf::replay(&link, &publisher, place, id).await.map_err(fault)
    }

    pub(crate) async fn discard(&self, place: &Shelf, id: &str) -> Result<usize, Error> {
        let link = self.link().await?;
        shelf::discard(&link, place, id).await.map_err(fault)
    }

    pub(crate) fn queues(&self) -> Vec<(String, QueueFigures)> {
        self.refresh();
        self.depths.queues()
    }

    pub(crate) fn unrouted(&self) -> usize {
        self.refresh();
        self.depths.unrouted()
    }

    fn refresh(&self) {
        let link = lock(&self.running).publishing_link();
        self.depths.refresh(link);
    }

    /// How the connections are; looking makes the publishing one where there is a runtime.
    pub(crate) fn watch(&self) -> watch::Receiver<EventsState> {
        // Without a runtime it is not connecting, and says so.
        let _ = self.publisher();
        self.core.states.watch()
    }

    /// The same without making any.
    pub(crate) fn seen(&self) -> EventsState {
        self.core.states.watch().borrow().clone()
    }

    pub(crate) fn figures(&self) -> LinkFigures {
        self.core.states.figures()
    }

    /// Ends in order: at the deadline what publishes and takes, then the connections, about a second later at the latest.
    pub(crate) async fn shutdown(&self, deadline: Instant) {
        running::shutdown(&self.running, deadline).await;
    }

    fn publisher(&self) -> Result<Publisher, Nack> {
        let mut running = lock(&self.running);
        let runtime = running.runtime()?;
        Ok(running.publisher(&self.core, &runtime))
    }

    async fn link(&self) -> Result<Arc<Link>, Error> {
        let publisher = self.publisher().map_err(refused)?;
        let reached = timeout(REACH, publisher.link()).await;
        let reached = reached.map_err(|_| {
            let message = format!("no connection to the broker of events within {REACH:?}");
            Error::new(ErrorKind::Connect, message)
        })?;
        reached.map_err(refused)
    }
}

fn refused(nack: Nack) -> Error {
    Error::new(ErrorKind::Config, nack.reason)
}

fn fault(fault: Fault) -> Error {
    let kind = match fault.cause {
        Cause::Conflict | Cause::Refused => ErrorKind::Config,
        _ => ErrorKind::Connect,
    };
    Error::new(kind, fault.text)
}

impl fmt::Debug for AmqpBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmqpBus")
            .field("addresses", &self.core.addresses)
            .finish_non_exhaustive()
    }
}
