//! How full queues were when the broker was last asked: figures are read without waiting for a network.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use super::super::QueueFigures;
use super::fault::Fault;
use super::link::Link;
use super::subscription::Desk;
use super::{shelf, topology};
use crate::client::lock;
use crate::events::text::Text;

/// The most queues that are shown: each is asked for by itself.
const MOST: usize = 1000;
/// How long an answer is shown.
const FRESH: Duration = Duration::from_secs(5);
/// How long all of the answers may take.
const ASKING: Duration = Duration::from_secs(10);

/// The figures of the queues that this process subscribes to, and of what is unrouted.
#[derive(Default)]
pub(super) struct Depths {
    asked: Mutex<Asked>,
    is_asking: AtomicBool,
}

#[derive(Default)]
struct Asked {
    queues: HashMap<Text, Queue>,
    unrouted: usize,
    at: Option<Instant>,
}

/// One queue, for as long as one of these takes from it.
#[derive(Default)]
struct Queue {
    takers: Vec<Taker>,
    steps: Vec<Duration>,
    figures: QueueFigures,
}

/// A subscription of this process: its task, and what that has taken.
pub(super) struct Taker {
    task: AbortHandle,
    desk: Arc<Desk>,
}

impl Taker {
    pub(super) fn new(task: AbortHandle, desk: Arc<Desk>) -> Self {
        Self { task, desk }
    }
}

impl Queue {
    fn is_taken_from(&mut self) -> bool {
        self.takers.retain(|taker| !taker.task.is_finished());
        !self.takers.is_empty()
    }

    /// What the broker said, and what is known here.
    fn figures(&self) -> QueueFigures {
        QueueFigures {
            in_hand: self.takers.iter().map(|taker| taker.desk.in_hand()).sum(),
            ..self.figures.clone()
        }
    }
}

impl Asked {
    fn forget_the_ended(&mut self) {
        self.queues.retain(|_, queue| queue.is_taken_from());
    }
}

impl Depths {
    /// This queue is shown as long as the task runs, with the steps of its ladder, unless there are too many already.
    pub(super) fn add(&self, label: Text, steps: Vec<Duration>, taker: Taker) {
        let mut asked = lock(&self.asked);
        asked.forget_the_ended();
        if asked.queues.len() >= MOST && !asked.queues.contains_key(&label) {
            return;
        }
        let queue = asked.queues.entry(label).or_default();
        queue.takers.push(taker);
        queue.steps = steps;
        asked.at = None;
    }

    pub(super) fn queues(&self) -> Vec<(String, QueueFigures)> {
        let mut asked = lock(&self.asked);
        asked.forget_the_ended();
        let shown = |(label, queue): (&Text, &Queue)| (label.as_str().to_owned(), queue.figures());
        asked.queues.iter().map(shown).collect()
    }

    pub(super) fn unrouted(&self) -> usize {
        lock(&self.asked).unrouted
    }

    /// Asks in the background, where that was not done just now and there is somebody to ask.
    pub(super) fn refresh(self: &Arc<Self>, link: Option<Arc<Link>>) {
        let is_fresh = lock(&self.asked).at.is_some_and(|at| at.elapsed() < FRESH);
        let (Some(link), Ok(runtime), false) = (link, Handle::try_current(), is_fresh) else {
            return;
        };
        if self.is_asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let turn = Turn(Arc::clone(self));
        runtime.spawn(async move {
            // A fault is that of the connection, whose supervisor reports it.
            let _ = timeout(ASKING, turn.0.ask(&link)).await;
        });
    }

    /// All is shown together, once it is known: a reader never sees a part of it.
    async fn ask(&self, link: &Link) -> Result<(), Fault> {
        let labels: Vec<(Text, Vec<Duration>)> = {
            let asked = lock(&self.asked);
            asked
                .queues
                .iter()
                .map(|(label, queue)| (label.clone(), queue.steps.clone()))
                .collect()
        };
        let mut answers = Vec::with_capacity(labels.len());
        for (label, steps) in labels {
            let figures = of(link, &label, &steps).await?;
            answers.push((label, figures));
        }
        let unrouted = shelf::depth(link, topology::UNROUTED).await?;
        let mut asked = lock(&self.asked);
        for (label, figures) in answers {
            if let Some(queue) = asked.queues.get_mut(&label) {
                queue.figures = figures;
            }
        }
        asked.unrouted = unrouted;
        asked.at = Some(Instant::now());
        Ok(())
    }
}

async fn of(link: &Link, label: &str, steps: &[Duration]) -> Result<QueueFigures, Fault> {
    let queue = topology::queue(label);
    let mut waiting = 0;
    for step in steps {
        waiting += shelf::depth(link, &topology::retry(&queue, *step)).await?;
    }
    let (low, high) = (
        shelf::depth(link, &queue).await?,
        shelf::depth(link, &topology::high(&queue)).await?,
    );
    Ok(QueueFigures {
        depth: low + high,
        waiting,
        dead: shelf::depth(link, &topology::dead(&queue)).await?,
        ..QueueFigures::default()
    })
}

/// Dropped, the next one may ask.
struct Turn(Arc<Depths>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.is_asking.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_queue_is_shown_as_long_as_somebody_takes_from_it() {
        let depths = Depths::default();
        let tasks: Vec<_> = (0..2)
            .map(|_| tokio::spawn(std::future::pending::<()>()))
            .collect();
        for task in &tasks {
            let taker = Taker::new(task.abort_handle(), Arc::default());
            depths.add("orders".into(), Vec::new(), taker);
        }
        for task in tasks {
            assert_eq!(depths.queues().len(), 1);
            task.abort();
            let _ = task.await;
        }
        assert!(depths.queues().is_empty());
    }
}
