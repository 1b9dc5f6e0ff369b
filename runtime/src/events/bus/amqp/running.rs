//! The tasks of a bus: which there are, and made where they are missing.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::{Again, Nack};
use super::link::Link;
use super::publisher::{self, Publisher};
use super::state::Role;
use super::{Core, supervise};

/// The tasks there are.
#[derive(Default)]
pub(super) struct Running {
    pub(super) is_closed: bool,
    pub(super) publishing: Option<Publishing>,
    consuming: Option<Connection>,
    pub(super) subscriptions: Vec<JoinHandle<()>>,
    /// Those that publish and take.
    pub(super) work: watch::Sender<bool>,
    /// Those that keep connections.
    pub(super) links: watch::Sender<bool>,
}

pub(super) struct Publishing {
    pub(super) connection: Connection,
    publisher: Publisher,
    task: JoinHandle<()>,
}

pub(super) struct Connection {
    pub(super) links: watch::Receiver<Option<Arc<Link>>>,
    task: JoinHandle<()>,
}

impl Running {
    pub(super) fn runtime(&self) -> Result<Handle, Nack> {
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
    pub(super) fn publisher(&mut self, core: &Arc<Core>, runtime: &Handle) -> Publisher {
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
    pub(super) fn publishing_link(&self) -> Option<Arc<Link>> {
        let publishing = self.publishing.as_ref()?;
        publishing.connection.links.borrow().clone()
    }

    pub(super) fn consuming(
        &mut self,
        core: &Arc<Core>,
        runtime: &Handle,
    ) -> watch::Receiver<Option<Arc<Link>>> {
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
    pub(super) fn take_tasks(&mut self) -> (Vec<JoinHandle<()>>, Vec<JoinHandle<()>>) {
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
