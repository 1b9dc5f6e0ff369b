//! Publishing: one task owns the channel, and what was not confirmed on one connection goes out again on the next.

mod channel;
mod excess;
mod returns;
mod silence;
mod window;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep;

use self::excess::Allowances;
use self::silence::{Limit, Patience};
use self::window::Window;
use super::Core;
use super::declare;
use super::fault::{Cause, Fault};
use super::link::Link;
use super::log;
use super::state::Role;
use super::supervise::{Stop, gone, until, up};
use super::topology;
use crate::events::text::Text;
use crate::events::wire::Wire;
use crate::events::{EventsState, PublishFailure};

pub(super) use self::channel::ConfirmChannel;

use super::super::Nack;

/// Events that are taken at a time.
const BATCH: usize = 64;
/// How long a confirm may take while the broker takes events.
pub(super) const CONFIRM: Duration = Duration::from_secs(10);
/// How long after a channel could not be opened the next one is.
const PAUSE: Duration = Duration::from_millis(250);

/// An event with its place on the broker.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) exchange: Text,
    pub(super) key: Text,
    pub(super) wire: Arc<Wire>,
}

/// A parcel, and who waits for its confirm.
pub(super) struct Request {
    parcel: Parcel,
    answer: oneshot::Sender<Result<(), Nack>>,
    /// Whether a broker may have it from an earlier connection.
    was_sent: bool,
}

/// The way to the task that publishes.
#[derive(Clone, Debug)]
pub(super) struct Publisher {
    requests: mpsc::Sender<Request>,
    links: watch::Receiver<Option<Arc<Link>>>,
}

/// What the task has beside the way to it.
pub(super) struct Desk {
    requests: mpsc::Receiver<Request>,
    links: watch::Receiver<Option<Arc<Link>>>,
    /// What was not confirmed on an earlier connection.
    backlog: VecDeque<Request>,
    allowances: Allowances,
    limit: Limit,
}

impl Parcel {
    fn id(&self) -> Option<&Text> {
        self.wire.properties.message_id.as_ref()
    }
}

impl Request {
    fn is_forgotten(&self) -> bool {
        self.answer.is_closed()
    }

    fn answer(self, outcome: Result<(), Nack>) {
        let outcome = outcome.map_err(|nack| if self.was_sent { unconfirmed(nack) } else { nack });
        // An error: nobody waits any more.
        let _ = self.answer.send(outcome);
    }
}

impl Publisher {
    pub(super) fn new(links: watch::Receiver<Option<Arc<Link>>>) -> (Self, Desk) {
        let (sender, receiver) = mpsc::channel(BATCH);
        let desk = Desk {
            requests: receiver,
            links: links.clone(),
            backlog: VecDeque::new(),
            allowances: Allowances::default(),
            limit: Limit::default(),
        };
        let publisher = Self {
            requests: sender,
            links,
        };
        (publisher, desk)
    }

    /// Resolves once the parcel is confirmed or refused; without a connection, once there is one. Dropped, it is not sent
    /// any more where it was not yet.
    pub(super) async fn publish(&self, parcel: Parcel) -> Result<(), Nack> {
        // What waits for a connection waits here, and occupies nothing.
        self.link().await?;
        let (answer, answered) = oneshot::channel();
        let request = Request {
            parcel,
            answer,
            was_sent: false,
        };
        self.requests.send(request).await.map_err(|_| ended())?;
        // Whoever had it is gone, and nobody knows how far it came.
        answered.await.map_err(|_| unconfirmed(ended()))?
    }

    /// The publishing connection, once there is one.
    pub(super) async fn link(&self) -> Result<Arc<Link>, Nack> {
        up(&mut self.links.clone()).await.ok_or_else(ended)
    }
}

fn ended() -> Nack {
    Nack::temporary("the connection to the broker was closed by this process")
}

fn unconfirmed(nack: Nack) -> Nack {
    Nack {
        failure: PublishFailure::Unconfirmed,
        ..nack
    }
}

/// Publishes until the bus stops, then what is left.
pub(super) async fn run(core: Arc<Core>, mut desk: Desk, stop: Stop) {
    let mut is_bare = false;
    while let Some(link) = desk.link(&stop).await {
        let mut channel = match open(&core, &link, is_bare).await {
            Ok(channel) => channel,
            Err(fault) => {
                if unusable(&core, &link, fault, &stop).await.is_none() {
                    return;
                }
                continue;
            }
        };
        core.states.set(Role::Publishing, EventsState::Up);
        let ended = {
            let mut keeping = pin!(keep_unrouted(&core, &link));
            let mut session = pin!(desk.session(&link, &mut channel, &stop));
            poll_fn(|cx| {
                let _: Poll<Infallible> = keeping.as_mut().poll(cx);
                session.as_mut().poll(cx)
            })
            .await
        };
        match ended {
            Ok(()) => return,
            Err(fault) => {
                // An exchange that is not there closes the channel.
                is_bare = fault.cause == Cause::Missing;
                link.condemn(fault.of_work());
            }
        }
        desk.forget();
        until(&stop, gone(&mut desk.links.clone(), &link)).await;
    }
}

/// A channel in confirm mode, and something to publish to; where that was missing, with all that is bound to it.
async fn open(core: &Core, link: &Arc<Link>, is_bare: bool) -> Result<ConfirmChannel, Fault> {
    if is_bare {
        core.restore(link).await?;
        core.targets.restore(link).await;
    } else {
        declare::exchanges(link, core.addresses.declare, core.format).await?;
    }
    ConfirmChannel::open(link).await
}

/// Declares the queue of what is unrouted from time to time: without it the broker confirms what has no queue, and drops it.
/// Not the exchanges before it: whoever misses one binds again what was bound to it.
async fn keep_unrouted(core: &Core, link: &Link) -> Infallible {
    loop {
        sleep(declare::ANEW).await;
        if let Err(fault) = declare::unrouted(link, core.addresses.declare).await {
            log::not_declared(core, topology::UNROUTED, &fault);
        }
    }
}

/// A conflict is for an operator to end: the connection stays, and is asked again in a while.
async fn unusable(core: &Core, link: &Link, fault: Fault, stop: &Stop) -> Option<()> {
    match fault.cause {
        Cause::Conflict | Cause::Refused => {
            log::not_published(core, &fault);
            core.states.down(Role::Publishing, &fault);
            until(stop, sleep(fault.cause.pause())).await
        }
        _ => {
            link.condemn(fault.of_work());
            until(stop, sleep(PAUSE)).await
        }
    }
}

impl Desk {
    /// The connection, once there is one; `None` once the bus stops without one, or is gone.
    async fn link(&mut self, stop: &Stop) -> Option<Arc<Link>> {
        let now = self.links.borrow().clone();
        match now {
            Some(link) => Some(link),
            None => until(stop, up(&mut self.links)).await?,
        }
    }

    /// Publishes on one channel; `Ok` once the bus stops and nothing is left.
    async fn session(
        &mut self,
        link: &Arc<Link>,
        channel: &mut ConfirmChannel,
        stop: &Stop,
    ) -> Result<(), Fault> {
        let mut window = Window::new(channel);
        let mut links = self.links.clone();
        let mut over = pin!(gone(&mut links, link));
        let mut stop_seen = stop.clone();
        let mut stopped = pin!(async move {
            let _ = stop_seen.wait_for(|is_stopped| *is_stopped).await;
        });
        let mut is_stopping = false;
        let mut patience = Patience::new(self.limit.now());
        let ended = poll_fn(|cx| {
            if over.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(Fault::new(Cause::Lost, "the connection is over")));
            }
            is_stopping = is_stopping || stopped.as_mut().poll(cx).is_ready();
            if let Err(fault) = self.work(&mut window, &mut patience, link, cx) {
                return Poll::Ready(Err(fault));
            }
            if is_stopping && window.is_empty() && self.backlog.is_empty() {
                return Poll::Ready(Ok(()));
            }
            Poll::Pending
        })
        .await;
        if let Err(fault) = &ended {
            self.allowances.learn(link.address(), fault);
            if fault.cause == Cause::Unconfirmed {
                self.limit.cut();
            }
        }
        self.take_back(window, link);
        ended
    }

    /// Answers and starts what can be.
    fn work(
        &mut self,
        window: &mut Window<'_>,
        patience: &mut Patience,
        link: &Link,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        window.settle(cx)?;
        patience.look(cx, window, link)?;
        while self.fill(window, link, cx) | window.settle(cx)? {}
        Ok(())
    }

    /// Keeps what was not decided for the next session, but for what this broker has closed the channel for: sent again, it
    /// would close the next, and hold up all others.
    fn take_back(&mut self, window: Window<'_>, link: &Link) {
        for request in window.into_requests().rev() {
            match self.allowances.refusal(link.address(), &request.parcel) {
                Some(nack) => request.answer(Err(nack)),
                None => self.backlog.push_front(Request {
                    was_sent: true,
                    ..request
                }),
            }
        }
    }

    /// Starts what waits, the oldest first, as far as there is room; whether any was.
    fn fill(&mut self, window: &mut Window<'_>, link: &Link, cx: &mut Context<'_>) -> bool {
        let mut any = false;
        while window.room() > 0 {
            let Some(request) = self.backlog.pop_front() else {
                break;
            };
            self.start(request, window, link);
            any = true;
        }
        let room = window.room().min(BATCH);
        if room == 0 {
            return any;
        }
        let mut taken = Vec::new();
        if let Poll::Ready(count) = self.requests.poll_recv_many(cx, &mut taken, room)
            && count > 0
        {
            for request in taken {
                match window.room() {
                    0 => self.backlog.push_back(request),
                    _ => self.start(request, window, link),
                }
            }
            return true;
        }
        any
    }

    /// Publishes what the broker may take.
    fn start(&self, request: Request, window: &mut Window<'_>, link: &Link) {
        match self.allowances.refusal(link.address(), &request.parcel) {
            Some(nack) => request.answer(Err(nack)),
            None => window.start(request),
        }
    }

    /// Lets go of what nobody waits for any more.
    fn forget(&mut self) {
        while let Ok(request) = self.requests.try_recv() {
            self.backlog.push_back(request);
        }
        self.backlog.retain(|request| !request.is_forgotten());
    }
}
