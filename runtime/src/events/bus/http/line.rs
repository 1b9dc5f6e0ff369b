//! Requests of the messaging service that wait for a handler, and those that a handler has.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::super::super::message::Message;
use super::super::super::text::Text;
use super::super::super::wire::Wire;
use super::super::lanes::Lanes;
use super::super::memory::{self, MemoryBus};
use super::super::{self as bus, Declaration, Incoming, Nack, Verdict};
use super::attempts::Attempts;
use crate::client::lock;

/// One subscription, as the requests see it.
pub(super) struct Line {
    group: Text,
    label: Text,
    names: Vec<Text>,
    closing: watch::Receiver<bool>,
    ready: Mutex<Lanes<Held>>,
    arrived: Notify,
    attempts: Attempts,
}

/// An event whose request waits for its answer.
struct Held {
    message: Arc<Message>,
    wire: Arc<Wire>,
    answer: oneshot::Sender<Answer>,
    /// By whoever comes first: a handler, or the request that has waited long enough.
    is_claimed: Arc<AtomicBool>,
    _room: Arc<OwnedSemaphorePermit>,
}

/// What a request is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Handled,
    /// The event is a dead letter here.
    Dead,
    /// To be sent again after this.
    Again(Duration),
}

/// A request's end of an event in the line. Dropped before a handler has the event, it takes the event out again.
pub(super) struct Waiting {
    answer: oneshot::Receiver<Answer>,
    is_claimed: Arc<AtomicBool>,
    line: Arc<Line>,
}

impl Line {
    pub(super) fn new(declaration: &Declaration) -> Self {
        Self {
            group: declaration.group.clone(),
            label: declaration.label.clone(),
            names: declaration.names.clone(),
            closing: declaration.closing.clone(),
            ready: Mutex::default(),
            arrived: Notify::new(),
            attempts: Attempts::default(),
        }
    }

    pub(super) fn is_of(&self, group: &str) -> bool {
        &*self.group == group
    }

    /// Whether it takes events still; a sender that is gone has closed it too.
    pub(super) fn is_open(&self) -> bool {
        !*self.closing.borrow() && self.closing.has_changed().is_ok()
    }

    pub(super) fn handles(&self, name: &str) -> bool {
        self.names.iter().any(|known| &**known == name)
    }

    pub(super) fn label(&self) -> &Text {
        &self.label
    }

    pub(super) fn length(&self) -> usize {
        lock(&self.ready).len()
    }

    /// Puts an event into the line; `room` is what it takes of the bound on all of them.
    pub(super) fn offer(
        self: &Arc<Self>,
        message: &Arc<Message>,
        wire: Wire,
        room: Arc<OwnedSemaphorePermit>,
    ) -> Waiting {
        let (tell, answer) = oneshot::channel();
        let is_dead = self.attempts.is_dead(message);
        let is_claimed = Arc::new(AtomicBool::new(is_dead));
        let waiting = Waiting {
            answer,
            is_claimed: Arc::clone(&is_claimed),
            line: Arc::clone(self),
        };
        if is_dead {
            // No error: `waiting` is there.
            let _ = tell.send(Answer::Dead);
            return waiting;
        }
        let held = Held {
            wire: Arc::new(self.attempts.continued(message, wire)),
            message: Arc::clone(message),
            answer: tell,
            is_claimed,
            _room: room,
        };
        lock(&self.ready).push(message.priority, held);
        self.arrived.notify_one();
        waiting
    }

    /// The messaging service has heard what became of the event: if it comes again, somebody wants that.
    pub(super) fn forget(&self, message: &Message) {
        self.attempts.forget(message);
    }

    /// The next event whose request is there still.
    fn take(&self) -> Option<Held> {
        let mut ready = lock(&self.ready);
        loop {
            let held = ready.pop()?;
            if !held.is_claimed.swap(true, Ordering::AcqRel) && !held.answer.is_closed() {
                return Some(held);
            }
        }
    }

    /// Takes an event out that nobody waits for any more, and its room with it.
    fn remove(&self, is_claimed: &Arc<AtomicBool>) {
        let removed = lock(&self.ready).remove(|held| Arc::ptr_eq(&held.is_claimed, is_claimed));
        // Outside of the lock: with it goes what may be large.
        drop(removed);
    }
}

impl Waiting {
    /// The answer. `None` where nobody will give one: no handler took the event before the line closed or patience ended,
    /// or the one that had it was dropped.
    pub(super) async fn answer(mut self, patience: Instant) -> Option<Answer> {
        let first = {
            let mut closing = self.line.closing.clone();
            let closed = closing.wait_for(|is_closing| *is_closing);
            let mut ended = pin!(timeout_at(patience, closed));
            poll_fn(|cx| match Pin::new(&mut self.answer).poll(cx) {
                Poll::Ready(answer) => Poll::Ready(Some(answer.ok())),
                Poll::Pending => ended.as_mut().poll(cx).map(|_| None),
            })
            .await
        };
        match first {
            Some(answer) => answer,
            // Nobody takes it any more.
            None if self.give_up() => None,
            // A handler has it, and its own time.
            None => (&mut self.answer).await.ok(),
        }
    }

    /// Whether no handler has the event; then none will.
    fn give_up(&self) -> bool {
        let is_first = !self.is_claimed.swap(true, Ordering::AcqRel);
        if is_first {
            self.line.remove(&self.is_claimed);
        }
        is_first
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Takes events from a line, and those that are replayed.
pub(crate) struct Source {
    line: Arc<Line>,
    replayed: memory::Source,
    shelves: Arc<MemoryBus>,
    registering: JoinHandle<()>,
}

/// An event in hand; dropped unsettled, its request is told to come again.
pub(crate) struct Token {
    /// `None` once it is settled.
    held: Option<Held>,
    line: Arc<Line>,
    shelves: Arc<MemoryBus>,
}

impl Source {
    pub(super) fn new(
        line: Arc<Line>,
        replayed: memory::Source,
        shelves: Arc<MemoryBus>,
        registering: JoinHandle<()>,
    ) -> Self {
        Self {
            line,
            replayed,
            shelves,
            registering,
        }
    }

    pub(crate) async fn next(&self) -> Incoming {
        let mut replayed = pin!(self.replayed.next());
        loop {
            let mut arrived = pin!(self.line.arrived.notified());
            // Before the line is looked at, so that what arrives in between is noticed.
            arrived.as_mut().enable();
            if let Some(held) = self.line.take() {
                return self.incoming(held);
            }
            let first = poll_fn(|cx| match replayed.as_mut().poll(cx) {
                Poll::Ready(incoming) => Poll::Ready(Some(incoming)),
                Poll::Pending => arrived.as_mut().poll(cx).map(|()| None),
            });
            if let Some(incoming) = first.await {
                return incoming;
            }
        }
    }

    fn incoming(&self, held: Held) -> Incoming {
        Incoming {
            wire: Arc::clone(&held.wire),
            token: bus::Token::Http(Token {
                held: Some(held),
                line: Arc::clone(&self.line),
                shelves: Arc::clone(&self.shelves),
            }),
        }
    }
}

impl Token {
    pub(crate) fn settle(&mut self, verdict: &Verdict) -> Result<(), Nack> {
        let Some(held) = &self.held else { return Ok(()) };
        let answer = match verdict {
            Verdict::Ack => {
                self.line.attempts.forget(&held.message);
                Answer::Handled
            }
            Verdict::Retry { copy, after } => {
                self.line.attempts.remember(&held.message, copy);
                Answer::Again(*after)
            }
            Verdict::Dead { copy } => {
                self.shelves.bury(&self.line.label, copy, held.message.priority)?;
                self.line.attempts.bury(&held.message);
                Answer::Dead
            }
        };
        if let Some(held) = self.held.take() {
            // A request that is gone comes again by itself, and finds the event in the inbox.
            let _ = held.answer.send(answer);
        }
        Ok(())
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.registering.abort();
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("line", &self.line.label)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("line", &self.line.label)
            .finish_non_exhaustive()
    }
}
