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
mod publisher;
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
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use self::depths::Depths;
use self::fault::{Cause, Fault};
use self::link::Link;
use self::publisher::Publisher;
use self::state::{Role, States};
use self::subscription::Needs;
use self::targets::Targets;
use super::{Again, Declaration, LinkFigures, Nack, Outgoing, QueueFigures, Shelf, Shelved};
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
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) addresses: Addresses,
    pub(crate) format: EventFormat,
    /// What the connections are called.
    pub(crate) name: String,
    pub(crate) tls: TlsOptions,
}

/// The bus of one client.
pub(crate) struct AmqpBus {
    core: Arc<Core>,
    targets: Targets,
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
    random: Random,
    states: States,
}

/// The tasks there are.
#[derive(Default)]
struct Running {
    is_closed: bool,
    publishing: Option<Publishing>,
    consuming: Option<Connection>,
    subscriptions: Vec<JoinHandle<()>>,
    /// Those that publish and take.
    work: watch::Sender<bool>,
    /// Those that keep connections.
    links: watch::Sender<bool>,
}

struct Publishing {
    connection: Connection,
    publisher: Publisher,
    task: JoinHandle<()>,
}

struct Connection {
    links: watch::Receiver<Option<Arc<Link>>>,
    task: JoinHandle<()>,
}

impl Core {
    /// The one configuration of TLS; AMQP negotiates no protocol in it.
    fn tls(&self) -> Result<Arc<ClientConfig>, Fault> {
        if let Some(tls) = self.tls.get() {
            return Ok(Arc::clone(tls));
        }
        let mut config = tls::config(&self.tls_options, true)
            .map_err(|error| Fault::new(Cause::Refused, error.message().to_owned()))?;
        config.alpn_protocols.clear();
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }
}

impl AmqpBus {
    pub(crate) fn new(settings: Settings) -> Self {
        let Settings {
            addresses,
            format,
            name,
            tls,
        } = settings;
        Self {
            core: Arc::new(Core {
                addresses,
                format,
                name,
                tls_options: tls,
                tls: OnceLock::new(),
                random: Random::from_entropy(),
                states: States::new(),
            }),
            targets: Targets::new(),
            depths: Arc::default(),
            running: Mutex::default(),
        }
    }

    /// Resolves once there is a connection to publish on.
    #[cfg(feature = "outbox")]
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
        let Core {
            addresses, format, ..
        } = &*self.core;
        self.targets
            .ensure(&publisher, addresses.declare, *format, outgoing)
            .await?;
        publisher.publish(topology::parcel(*format, outgoing)).await
    }

    /// Declares the queues and takes from them, also after every loss of a connection.
    ///
    /// # Errors
    /// `Config` when the broker has other queues of these names, or does not allow them.
    pub(crate) async fn subscribe(&self, declaration: &Declaration) -> Result<Source, Error> {
        topology::check(self.core.format, declaration)
            .map_err(|message| Error::new(ErrorKind::Config, message))?;
        let (source, declared) = self.begin(declaration).map_err(refused)?;
        let declared = timeout(PATIENCE, declared).await;
        if let Ok(Ok(Ok(()))) | Err(_) = &declared {
            self.depths
                .add(declaration.label.clone(), declaration.steps.clone());
        }
        match declared {
            Ok(Ok(Ok(()))) => Ok(source),
            Ok(Ok(Err(fault))) => Err(Error::new(ErrorKind::Config, fault.text)),
            Ok(Err(_)) => Err(Error::new(
                ErrorKind::ShuttingDown,
                "the client is being shut down",
            )),
            Err(_) => {
                tracing::warn!(
                    target: "trunkline", queue = &*declaration.label,
                    "no broker within {PATIENCE:?}: the subscription begins once there is one"
                );
                Ok(source)
            }
        }
    }

    fn begin(&self, declaration: &Declaration) -> Result<(Source, subscription::Declared), Nack> {
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
        running.subscriptions.retain(|task| !task.is_finished());
        running.subscriptions.push(runtime.spawn(run));
        Ok((source, declared))
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

    /// Ends in order, at the deadline at the latest: what publishes and takes first, then the connections.
    pub(crate) async fn shutdown(&self, deadline: Instant) {
        let (work, links) = {
            let mut running = lock(&self.running);
            running.is_closed = true;
            running.work.send_replace(true);
            running.take_tasks()
        };
        for mut task in work {
            if timeout_at(deadline, &mut task).await.is_err() {
                task.abort();
                let _ = task.await;
            }
        }
        lock(&self.running).links.send_replace(true);
        // Each says goodbye within a second.
        for task in links {
            let _ = task.await;
        }
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

impl Running {
    fn runtime(&self) -> Result<Handle, Nack> {
        if self.is_closed {
            // Nothing is wrong with the event: an outbox keeps it.
            return Err(Nack {
                again: Again::AfterAChange,
                ..Nack::temporary("the client is shut down")
            });
        }
        Handle::try_current().map_err(|_| Nack::permanent("events over `amqp:` need a runtime of tokio"))
    }

    /// The task that publishes, made anew where its runtime is gone.
    fn publisher(&mut self, core: &Arc<Core>, runtime: &Handle) -> Publisher {
        if let Some(publishing) = &self.publishing
            && !publishing.task.is_finished()
            && !publishing.connection.task.is_finished()
        {
            return publishing.publisher.clone();
        }
        let connection = self.connect(core, runtime, Role::Publishing);
        let (publisher, desk) = Publisher::new(connection.links.clone());
        let run = publisher::run(Arc::clone(core), desk, self.work.subscribe());
        self.publishing = Some(Publishing {
            connection,
            publisher: publisher.clone(),
            task: runtime.spawn(run),
        });
        publisher
    }

    /// The connection that publishes, where there is one.
    fn publishing_link(&self) -> Option<Arc<Link>> {
        let publishing = self.publishing.as_ref()?;
        publishing.connection.links.borrow().clone()
    }

    fn consuming(&mut self, core: &Arc<Core>, runtime: &Handle) -> watch::Receiver<Option<Arc<Link>>> {
        if let Some(consuming) = &self.consuming
            && !consuming.task.is_finished()
        {
            return consuming.links.clone();
        }
        let connection = self.connect(core, runtime, Role::Consuming);
        let links = connection.links.clone();
        self.consuming = Some(connection);
        links
    }

    fn connect(&self, core: &Arc<Core>, runtime: &Handle, role: Role) -> Connection {
        let (sender, links) = watch::channel(None);
        let run = supervise::run(Arc::clone(core), role, Arc::new(sender), self.links.subscribe());
        Connection {
            links,
            task: runtime.spawn(run),
        }
    }

    /// Those that work, and those that keep connections.
    fn take_tasks(&mut self) -> (Vec<JoinHandle<()>>, Vec<JoinHandle<()>>) {
        let mut work = std::mem::take(&mut self.subscriptions);
        let mut links = Vec::new();
        if let Some(publishing) = self.publishing.take() {
            // After the subscriptions: they may have a copy to publish.
            work.push(publishing.task);
            links.push(publishing.connection.task);
        }
        links.extend(self.consuming.take().map(|consuming| consuming.task));
        (work, links)
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
