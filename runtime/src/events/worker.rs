//! A running subscription.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::bus::Closed;
use super::consumer::Consumer;
use super::text::Text;
use crate::client::{LONGEST_GRACE, Shared, Shutdown, lock};
use crate::{Error, ErrorKind, Result};

/// How long after the grace handlers that are dropped may take to go, and what was settled to be told: a handler that
/// blocks its thread cannot be dropped at all.
const GOING: Duration = Duration::from_secs(1);

/// A running subscription; made by [`Subscribe::start`](super::Subscribe::start).
///
/// Dropped, it takes no more events, and those in hand are handled to their end in the background; so it is where its
/// [`shutdown`](Self::shutdown) is dropped before it is done. The shutdown of the client shuts every worker down, and
/// waits for what is in hand of the dropped ones too.
#[must_use = "a worker that is dropped takes no more events"]
pub struct Worker(Arc<Slots>);

/// The tasks that handle events, and what closes them. Each task holds it, so that a shutdown of the client finds it for
/// as long as one of them runs.
pub(super) struct Slots {
    label: Text,
    close: watch::Sender<bool>,
    tasks: Mutex<Vec<AbortHandle>>,
    count: watch::Sender<Count>,
    /// The source, which is gone a little after the last task.
    closed: Closed,
}

/// How the tasks of a subscription are.
#[derive(Clone, Copy)]
struct Count {
    running: usize,
    /// Those that were dropped before their end.
    abandoned: usize,
}

/// One task, until this is dropped.
struct Task {
    slots: Arc<Slots>,
    is_done: bool,
}

impl Worker {
    pub(super) fn start(
        shared: &Shared,
        consumer: &Arc<Consumer>,
        close: watch::Sender<bool>,
        slots: usize,
    ) -> Result<Self> {
        let count = Count {
            running: slots,
            abandoned: 0,
        };
        let worker = Self(Arc::new(Slots {
            label: consumer.label.clone(),
            close,
            tasks: Mutex::default(),
            count: watch::Sender::new(count),
            closed: consumer.source.closed(),
        }));
        shared.events.workers.add(&worker.0)?;
        let tasks = (0..slots).map(|_| {
            let task = Task {
                slots: Arc::clone(&worker.0),
                is_done: false,
            };
            // As connections are: a type of task of its own is 5000 lines of IR.
            let run: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(run(task, Arc::clone(consumer)));
            tokio::spawn(run).abort_handle()
        });
        let tasks = tasks.collect();
        *lock(&worker.0.tasks) = tasks;
        Ok(worker)
    }

    /// Takes no more events, waits for those in hand, at most for `grace`, and returns the rest to the queue.
    ///
    /// Handlers that are not done by then are dropped; their events come again, here or elsewhere, and the value says how
    /// many there are. One that blocks its thread cannot be dropped: a second after the grace it is left behind. Where the
    /// client is shut down at the same time, the shorter grace holds.
    ///
    /// # Errors
    /// None: what could not be settled comes again, and is counted as abandoned only where its handler was.
    pub async fn shutdown(self, grace: Duration) -> Result<Shutdown> {
        Ok(self.0.finish(Instant::now() + grace.min(LONGEST_GRACE)).await)
    }
}

/// A task. What it has in hand goes before `task` does, however it ends.
async fn run(mut task: Task, consumer: Arc<Consumer>) {
    consumer.slot().await;
    task.is_done = true;
}

impl Drop for Task {
    fn drop(&mut self) {
        self.slots.count.send_modify(|count| {
            count.running -= 1;
            count.abandoned += usize::from(!self.is_done);
        });
    }
}

impl Slots {
    /// Waits for all tasks, and drops those that are left at the deadline. Several may wait at the same time.
    async fn finish(&self, deadline: Instant) -> Shutdown {
        self.close.send_replace(true);
        let mut count = self.count.subscribe();
        let last = deadline + GOING;
        // The sender is ours, so that waiting ends in no other way.
        if timeout_at(deadline, count.wait_for(Count::is_over))
            .await
            .is_err()
        {
            lock(&self.tasks).iter().for_each(AbortHandle::abort);
            // Only when they are gone have they returned their events.
            let _ = timeout_at(last, count.wait_for(Count::is_over)).await;
        }
        // What was settled is told the broker with the end of the source, which a task that is left holds.
        let _ = timeout_at(last, self.closed.clone().wait()).await;
        let Count { running, abandoned } = *count.borrow();
        Shutdown {
            abandoned: running + abandoned,
        }
    }
}

impl Count {
    fn is_over(&self) -> bool {
        self.running == 0
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.close.send_replace(true);
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("queue", &self.0.label)
            .finish_non_exhaustive()
    }
}

/// The running subscriptions of a client, which end with it.
#[derive(Default)]
pub(crate) struct Workers(Mutex<Running>);

#[derive(Default)]
struct Running {
    is_closed: bool,
    slots: Vec<Weak<Slots>>,
}

impl Workers {
    fn add(&self, slots: &Arc<Slots>) -> Result<()> {
        let mut running = lock(&self.0);
        if running.is_closed {
            return Err(Error::new(
                ErrorKind::ShuttingDown,
                "the client is being shut down",
            ));
        }
        running.slots.retain(|slots| slots.strong_count() > 0);
        running.slots.push(Arc::downgrade(slots));
        Ok(())
    }

    /// Closes all at once and waits for all at the same time: they share the grace, and the moment after it.
    pub(crate) async fn shutdown(&self, deadline: Instant) -> usize {
        let slots: Vec<Arc<Slots>> = {
            let mut running = lock(&self.0);
            running.is_closed = true;
            // They stay listed: this shutdown may be dropped, and another come after it.
            running.slots.iter().filter_map(Weak::upgrade).collect()
        };
        let mut ends: FuturesUnordered<_> = slots.iter().map(|slots| slots.finish(deadline)).collect();
        let mut abandoned = 0;
        while let Some(end) = ends.next().await {
            abandoned += end.abandoned;
        }
        abandoned
    }
}
