//! What a subscription took from the broker and has not handed out, and the right to settle what it has.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Poll, Waker};

use lapin::message::Delivery;
use tokio::sync::{Notify, oneshot, watch};

use super::super::super::lanes::Lanes;
use super::super::super::{self as bus, Incoming, Nack, Verdict};
use super::super::publisher::Publisher;
use super::super::{topology, wire};
use super::acks::Acks;
use super::copies;
use crate::client::lock;
use crate::events::EventFormat;
use crate::events::text::Text;
use crate::events::wire::Wire;

/// Hands out what the broker sent; it holds no more than the prefetch of each lane.
pub(crate) struct Source {
    pub(super) desk: Arc<Desk>,
    /// Gone with it: the subscription ends.
    pub(super) _open: oneshot::Sender<()>,
    pub(super) closed: Closed,
}

/// Tells when a subscription has told the broker all that it knows, and is gone.
#[derive(Clone, Debug)]
pub(crate) struct Closed(pub(super) watch::Receiver<()>);

/// What waits for somebody to handle it, by priority.
#[derive(Default)]
pub(in super::super) struct Desk {
    /// Whose native priorities these are.
    format: EventFormat,
    lanes: Mutex<Lanes<Incoming>>,
    arrived: Notify,
    session: Mutex<Weak<Session>>,
}

/// The deliveries of one channel. With the channel they are over: the broker delivers them again.
pub(super) struct Session {
    pub(super) acks: Mutex<Acks>,
    over: watch::Sender<bool>,
    queue: Text,
    publisher: Publisher,
}

/// The right to settle one delivery; dropped before, it goes back to its queue.
pub(crate) struct Token {
    session: Arc<Session>,
    tag: u64,
    is_settled: bool,
}

impl Source {
    /// The next event, the more urgent first.
    pub(crate) async fn next(&self) -> Incoming {
        self.desk.next().await
    }

    pub(crate) fn closed(&self) -> Closed {
        self.closed.clone()
    }

    pub(in super::super) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }
}

impl Closed {
    pub(crate) async fn wait(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

impl Desk {
    pub(super) fn of(format: EventFormat) -> Self {
        Self {
            format,
            ..Self::default()
        }
    }

    async fn next(&self) -> Incoming {
        loop {
            let mut arrived = pin!(self.arrived.notified());
            // Before it is looked, so that what arrives in between is noticed.
            arrived.as_mut().enable();
            if let Some(incoming) = self.take() {
                return incoming;
            }
            arrived.await;
        }
    }

    fn take(&self) -> Option<Incoming> {
        let mut lanes = lock(&self.lanes);
        let taken = lanes.pop();
        let are_more = lanes.len() > 0;
        drop(lanes);
        // One notice stands for all that arrived together: who takes passes it on.
        if are_more {
            self.arrived.notify_one();
        }
        taken
    }

    pub(super) fn put(&self, arrived: Vec<Incoming>) {
        let mut lanes = lock(&self.lanes);
        let was_empty = lanes.len() == 0;
        for incoming in arrived {
            let native = incoming.wire.properties.priority;
            let priority = native.map(|native| self.format.priority(native));
            lanes.push(priority.unwrap_or_default(), incoming);
        }
        drop(lanes);
        // Where it was not, somebody is on the way.
        if was_empty {
            self.arrived.notify_one();
        }
    }

    /// The session that puts here what comes, until it is over.
    pub(super) fn begin(&self, session: &Arc<Session>) {
        *lock(&self.session) = Arc::downgrade(session);
    }

    /// What came over the channel of the moment and is not settled.
    pub(in super::super) fn in_hand(&self) -> usize {
        let session = lock(&self.session).upgrade();
        let session = session.filter(|session| !session.is_over());
        session.map_or(0, |session| lock(&session.acks).in_hand())
    }

    /// Lets go of what comes again.
    pub(super) fn clear(&self) {
        let gone = std::mem::take(&mut *lock(&self.lanes));
        // Outside of the lock: tokens have one of their own.
        drop(gone);
    }
}

impl Session {
    pub(super) fn new(prefetch: u16, queue: Text, publisher: Publisher) -> Self {
        Self {
            acks: Mutex::new(Acks::new(prefetch)),
            over: watch::Sender::new(false),
            queue,
            publisher,
        }
    }

    /// What came over the channel together.
    pub(super) fn incoming(self: &Arc<Self>, came: Vec<Delivery>) -> Vec<Incoming> {
        let mut acks = lock(&self.acks);
        for delivery in &came {
            acks.delivered(delivery.delivery_tag);
        }
        drop(acks);
        let incoming = came.into_iter().map(|delivery| Incoming {
            wire: Arc::new(wire::read(&delivery.properties, delivery.data)),
            token: bus::Token::Amqp(Token {
                session: Arc::clone(self),
                tag: delivery.delivery_tag,
                is_settled: false,
            }),
        });
        incoming.collect()
    }

    pub(super) fn end(&self) {
        self.over.send_replace(true);
    }

    fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Publishes a copy, unless the delivery is over first: then the event comes again as it was.
    async fn copy(&self, key: Text, copy: &Arc<Wire>) -> Result<(), Nack> {
        let mut published = pin!(copies::publish(&self.publisher, key, copy));
        let mut over = self.over.subscribe();
        let mut over = pin!(async move {
            let _ = over.wait_for(|is_over| *is_over).await;
        });
        poll_fn(|cx| match published.as_mut().poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => over.as_mut().poll(cx).map(|()| Err(over_again())),
        })
        .await
    }
}

impl Token {
    pub(crate) async fn settle(&mut self, verdict: &Verdict) -> Result<(), Nack> {
        if self.is_settled {
            return Ok(());
        }
        match verdict {
            Verdict::Ack => {}
            Verdict::Retry { copy, after } => {
                let key = topology::retry(&self.session.queue, *after);
                self.session.copy(key, copy).await?;
            }
            Verdict::Dead { copy } => {
                let key = topology::dead(&self.session.queue);
                self.session.copy(key, copy).await?;
            }
        }
        self.is_settled = true;
        if self.session.is_over() {
            return Err(over_again());
        }
        wake(lock(&self.session.acks).done(self.tag));
        Ok(())
    }
}

/// The broker has taken the delivery back; a copy that was published is a second one under the same id.
fn over_again() -> Nack {
    Nack::permanent("the connection that the event came over is gone: it comes again")
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.is_settled {
            wake(lock(&self.session.acks).give_back(self.tag));
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}
