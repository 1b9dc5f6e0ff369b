//! The tasks of a bus: which there are, made where they are missing, and ended in order.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, timeout_at};

use super::super::{Again, Nack};
use super::link::Link;
use super::publisher::{self, Publisher};
use super::state::Role;
use super::{Core, supervise};
use crate::client::lock;

/// How long after the deadline of a shutdown its goodbyes may take, and how long they may in any case.
const GOODBYE: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(100);

/// The tasks there are.
#[derive(Default)]
pub(super) struct Running {
    is_closed: bool,
    publishing: Option<Publishing>,
    consuming: Option<Connection>,
    subscriptions: Vec<JoinHandle<()>>,
    /// Tells those that publish and take to stop. Each listens as long as it runs.
    pub(super) work: watch::Sender<bool>,
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
            task: spawn(runtime, &self.work, run),
        });
        publisher
    }

    /// A subscription of its own.
    pub(super) fn subscribe(
        &mut self,
        runtime: &Handle,
        run: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        self.subscriptions.retain(|task| !task.is_finished());
        let task = spawn(runtime, &self.work, run);
        let taker = task.abort_handle();
        self.subscriptions.push(task);
        taker
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
            task: spawn(runtime, &self.links, run),
        }
    }

    fn abort_work(&self) {
        self.subscriptions.iter().for_each(JoinHandle::abort);
        if let Some(publishing) = &self.publishing {
            publishing.task.abort();
        }
    }

    fn abort_links(&self) {
        let publishing = self.publishing.as_ref().map(|publishing| &publishing.connection);
        for connection in publishing.into_iter().chain(&self.consuming) {
            connection.task.abort();
        }
    }
}

/// A task that a shutdown waits for.
fn spawn(
    runtime: &Handle,
    stop: &watch::Sender<bool>,
    run: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let running = stop.subscribe();
    runtime.spawn(async move {
        run.await;
        // The last to go, also where the task is aborted.
        drop(running);
    })
}

/// Ends in order: at the deadline what publishes and takes, then the connections, about a second later at the latest.
pub(super) async fn shutdown(running: &Mutex<Running>, deadline: Instant) {
    let (work, links) = {
        let mut running = lock(running);
        running.is_closed = true;
        (running.work.clone(), running.links.clone())
    };
    end(&work, deadline, || lock(running).abort_work()).await;
    let last = (deadline + GOODBYE).max(Instant::now() + MOMENT);
    end(&links, last, || lock(running).abort_links()).await;
    let mut running = lock(running);
    running.subscriptions.clear();
    running.publishing = None;
    running.consuming = None;
}

/// Tells the tasks that listen to stop, waits until they have ended, and drops those that are left at the deadline.
///
/// Not by their handles: a shutdown that is dropped would take these along, and the next would not wait.
async fn end(stop: &watch::Sender<bool>, deadline: Instant, abort: impl FnOnce()) {
    stop.send_replace(true);
    if timeout_at(deadline, stop.closed()).await.is_err() {
        abort();
        stop.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_waits_for_what_works_though_one_before_was_dropped() {
        let running = Mutex::<Running>::default();
        let (end, ended) = oneshot::channel::<()>();
        let work = async { ended.await.expect("it is told to end") };
        lock(&running).subscribe(&Handle::current(), work);
        let links = lock(&running).links.subscribe();
        let deadline = Instant::now() + SOON;
        let dropped = timeout(Duration::ZERO, shutdown(&running, deadline)).await;
        assert!(dropped.is_err(), "it works");
        let mut again = pin!(shutdown(&running, deadline));
        let waiting = timeout(Duration::ZERO, &mut again).await;
        assert!(waiting.is_err(), "it works still");
        assert!(!*links.borrow(), "the connections are there");
        drop(links);
        end.send(()).expect("it listens");
        timeout(SOON, again).await.expect("it has ended");
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_is_aborted_at_the_deadline() {
        let running = Mutex::<Running>::default();
        lock(&running).subscribe(&Handle::current(), std::future::pending());
        let ended = shutdown(&running, Instant::now() + SOON);
        timeout(2 * SOON, ended).await.expect("it is aborted");
    }
}
