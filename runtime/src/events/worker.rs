//! A running subscription.

use std::fmt;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::consumer::Consumer;
use super::text::Text;
use crate::client::{LONGEST_GRACE, Shared, Shutdown, lock};
use crate::{Error, ErrorKind, Result};

/// A running subscription; made by [`Subscribe::start`](super::Subscribe::start).
///
/// Dropped, it takes no more events, and what is in hand is finished in the background. The shutdown of the client shuts
/// it down too.
#[must_use = "a worker that is dropped takes no more events"]
pub struct Worker(Arc<Slots>);

/// The tasks that handle events, and what closes them.
pub(super) struct Slots {
    label: Text,
    close: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Worker {
    pub(super) fn start(
        shared: &Shared,
        consumer: &Arc<Consumer>,
        close: watch::Sender<bool>,
        slots: usize,
    ) -> Result<Self> {
        let tasks = Mutex::default();
        let slots_of = Arc::new(Slots {
            label: consumer.label.clone(),
            close,
            tasks,
        });
        shared.events.workers.add(&slots_of)?;
        let spawned = (0..slots).map(|_| tokio::spawn(Arc::clone(consumer).slot()));
        lock(&slots_of.tasks).extend(spawned);
        Ok(Self(slots_of))
    }

    /// Takes no more events, waits for those in hand, at most for `grace`, and returns the rest to the queue.
    ///
    /// Handlers that are not done by then are dropped; their events come again, here or elsewhere, and the value says how
    /// many there are.
    ///
    /// # Errors
    /// None in process; over a network, when what is in hand could not be settled.
    pub async fn shutdown(self, grace: Duration) -> Result<Shutdown> {
        Ok(self.0.finish(Instant::now() + grace.min(LONGEST_GRACE)).await)
    }
}

impl Slots {
    async fn finish(&self, deadline: Instant) -> Shutdown {
        self.close.send_replace(true);
        let tasks = std::mem::take(&mut *lock(&self.tasks));
        let mut left = Vec::new();
        for mut task in tasks {
            // Past the deadline, too, a task that is done is found so.
            if timeout_at(deadline, &mut task).await.is_err() {
                left.push(task);
            }
        }
        let abandoned = left.len();
        for task in left {
            task.abort();
            // Only then has it returned its event.
            let _ = task.await;
        }
        Shutdown { abandoned }
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

    /// Closes all at once, then waits for each.
    pub(crate) async fn shutdown(&self, deadline: Instant) -> usize {
        let slots: Vec<Arc<Slots>> = {
            let mut running = lock(&self.0);
            running.is_closed = true;
            running
                .slots
                .drain(..)
                .filter_map(|slots| slots.upgrade())
                .collect()
        };
        for slots in &slots {
            slots.close.send_replace(true);
        }
        let mut abandoned = 0;
        for slots in slots {
            abandoned += slots.finish(deadline).await.abandoned;
        }
        abandoned
    }
}
