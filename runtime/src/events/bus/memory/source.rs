//! Taking from a queue and settling what was taken.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::super::{self as bus, Incoming, Nack, Verdict};
use super::MemoryBus;
use super::queue::{Entry, Queue, Taken};

/// Takes events from one queue; those who take from the same one compete.
pub(crate) struct Source {
    bus: Arc<MemoryBus>,
    queue: usize,
    arrived: Arc<Notify>,
}

/// An event in hand: settled, or put back when it is dropped.
pub(crate) struct Token {
    bus: Arc<MemoryBus>,
    queue: usize,
    /// `None` once it is settled.
    entry: Option<Entry>,
}

impl Source {
    pub(super) fn new(bus: Arc<MemoryBus>, queue: usize, arrived: Arc<Notify>) -> Self {
        Self { bus, queue, arrived }
    }

    pub(crate) async fn next(&self) -> Incoming {
        if let Taken::Entry(entry) = self.on_queue(Queue::take) {
            return self.incoming(entry);
        }
        loop {
            let mut arrived = pin!(self.arrived.notified());
            // Before the queue is looked at, so that what arrives in between is noticed.
            arrived.as_mut().enable();
            match self.on_queue(Queue::look) {
                Taken::Entry(entry) => return self.incoming(entry),
                // Either end is a reason to look again.
                Taken::Until(due) => {
                    let mut until = Until::new(self);
                    drop(timeout_at(due, arrived).await);
                    until.is_over = true;
                }
                Taken::Nothing => arrived.await,
            }
        }
    }

    fn on_queue(&self, take: impl FnOnce(&mut Queue) -> Taken) -> Taken {
        take(&mut self.bus.state().queues[self.queue])
    }

    fn incoming(&self, entry: Entry) -> Incoming {
        Incoming {
            wire: Arc::clone(&entry.wire),
            token: bus::Token::Memory(Token {
                bus: Arc::clone(&self.bus),
                queue: self.queue,
                entry: Some(entry),
            }),
        }
    }
}

/// A wait for the next retry. Those who have looked before there was one do not wait for it: dropped, it calls another.
struct Until<'a> {
    source: &'a Source,
    is_over: bool,
}

impl<'a> Until<'a> {
    fn new(source: &'a Source) -> Self {
        let is_over = false;
        Self { source, is_over }
    }
}

impl Drop for Until<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let source = self.source;
            source.bus.state().queues[source.queue].call();
        }
    }
}

impl Token {
    pub(crate) fn settle(&mut self, verdict: &Verdict) -> Result<(), Nack> {
        let Some(entry) = &self.entry else { return Ok(()) };
        let mut state = self.bus.state();
        let queue = &mut state.queues[self.queue];
        match verdict {
            Verdict::Ack => queue.ack(entry),
            Verdict::Retry { copy, after } => queue.retry(entry, copy, *after),
            Verdict::Dead { copy } => queue.bury(entry, copy, self.bus.bounds)?,
        }
        drop(state);
        self.entry = None;
        Ok(())
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.bus.state().queues[self.queue].give_back(entry);
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
