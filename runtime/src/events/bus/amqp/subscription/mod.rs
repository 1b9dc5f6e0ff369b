//! One subscription: declared and consumed on each connection anew, until nobody takes from it.

mod acks;
mod channel;
mod copies;
mod moment;
mod source;

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep};

use super::super::Declaration;
use super::Core;
use super::backoff::Backoff;
use super::declare;
use super::fault::{Cause, Fault};
use super::link::Link;
use super::log;
use super::publisher::Publisher;
use super::supervise::{Stop, gone, up};
use super::topology::{self, SubscriptionPlan};

use self::channel::TakingChannel;
use self::source::Session;

pub(super) use self::source::Desk;
pub(crate) use self::source::{Closed, Source, Token};

/// A channel that lived so long was a good one.
const GOOD: std::time::Duration = std::time::Duration::from_secs(5);

/// What a subscription needs of the bus.
pub(super) struct Needs {
    pub(super) core: Arc<Core>,
    pub(super) publisher: Publisher,
    /// Those of the consuming connection.
    pub(super) links: watch::Receiver<Option<Arc<Link>>>,
    pub(super) stop: Stop,
}

/// Whether the queues could be declared, once the broker has said so.
pub(super) type Declared = oneshot::Receiver<Result<(), Fault>>;

struct Subscription {
    needs: Needs,
    plan: Arc<SubscriptionPlan>,
    prefetch: u16,
    desk: Arc<Desk>,
    /// Until the broker has answered for the first time.
    declared: Option<oneshot::Sender<Result<(), Fault>>>,
    /// Whoever waits for the end sees that it is gone.
    _closed: watch::Sender<()>,
}

/// A subscription, the future that runs it, and what the broker says of its queues.
pub(super) fn make(
    needs: Needs,
    declaration: &Declaration,
) -> (Source, impl Future<Output = ()> + Send + use<>, Declared) {
    let desk = Arc::new(Desk::of(needs.core.format));
    let (open, opened) = oneshot::channel();
    let (answer, declared) = oneshot::channel();
    let (closed, closing) = watch::channel(());
    let source = Source {
        desk: Arc::clone(&desk),
        _open: open,
        closed: Closed(closing),
    };
    let plan = Arc::new(topology::subscription(needs.core.format, declaration));
    needs.core.plans.add(&plan);
    let subscription = Subscription {
        plan,
        needs,
        prefetch: declaration.prefetch,
        desk,
        declared: Some(answer),
        _closed: closed,
    };
    (source, subscription.run(opened), declared)
}

impl Subscription {
    async fn run(mut self, opened: oneshot::Receiver<()>) {
        let stop = self.needs.stop.clone();
        let mut end = End::new(opened, stop);
        let mut backoff = Backoff::new();
        loop {
            let mut links = self.needs.links.clone();
            let Some(Some(link)) = end.before(up(&mut links)).await else {
                return;
            };
            let since = Instant::now();
            let Err(fault) = self.on(&link, &mut end).await else {
                return;
            };
            self.desk.clear();
            self.report(&fault);
            if fault.cause == Cause::Lost {
                backoff.lost();
            }
            if since.elapsed() >= GOOD {
                backoff = Backoff::new();
            }
            if self.is_hopeless(&fault) {
                return;
            }
            let wait = backoff.next(&self.needs.core.random).max(fault.cause.pause());
            log::begins_anew(&self.needs.core, &self.plan.queue, &fault, wait);
            if end.before(sleep(wait)).await.is_none() {
                return;
            }
        }
    }

    /// Takes events over this connection until it, or the channel, is over; `Ok` once nobody takes from here.
    async fn on(&mut self, link: &Arc<Link>, end: &mut End) -> Result<(), Fault> {
        let opened = end.before(self.open(link)).await;
        let Some(opened) = opened else { return Ok(()) };
        let mut channel = opened?;
        self.needs.core.states.restored(&self.plan.queue);
        if let Some(declared) = self.declared.take() {
            // An error: whoever subscribed has given up waiting, and still takes from here.
            let _ = declared.send(Ok(()));
        }
        let session = Arc::new(Session::new(
            self.prefetch,
            self.plan.queue.clone(),
            self.needs.publisher.clone(),
        ));
        self.desk.begin(&session);
        let mut links = self.needs.links.clone();
        let taken = {
            let mut over = pin!(gone(&mut links, link));
            let mut taking = pin!(channel.take(&session, &self.desk));
            let mut binding = pin!(self.bind_again(link));
            let taking = poll_fn(|cx| {
                let _: Poll<Infallible> = binding.as_mut().poll(cx);
                if let Poll::Ready(fault) = taking.as_mut().poll(cx) {
                    return Poll::Ready(fault);
                }
                over.as_mut().poll(cx).map(|()| lost())
            });
            end.before(taking).await
        };
        self.desk.clear();
        if taken.is_none() {
            channel.close(&session).await;
        }
        session.end();
        taken.map_or(Ok(()), Err)
    }

    async fn open(&self, link: &Link) -> Result<TakingChannel, Fault> {
        self.declare(link).await?;
        TakingChannel::open(link, &self.plan, self.prefetch).await
    }

    async fn declare(&self, link: &Link) -> Result<(), Fault> {
        let Core {
            addresses, format, ..
        } = &*self.needs.core;
        declare::exchanges(link, addresses.declare, *format).await?;
        declare::subscription(link, addresses.declare, &self.plan).await
    }

    /// From time to time, without end: nobody tells a subscription that an exchange was deleted, and its bindings with it.
    async fn bind_again(&self, link: &Link) -> Infallible {
        loop {
            sleep(declare::ANEW).await;
            if let Err(fault) = self.declare(link).await {
                log::not_declared(&self.needs.core, &self.plan.queue, &fault);
            }
        }
    }

    /// What happens to the connection, its supervisor tells.
    fn report(&self, fault: &Fault) {
        if matches!(fault.cause, Cause::Conflict | Cause::Refused | Cause::Channel) {
            self.needs.core.states.refused(&self.plan.queue, fault);
        }
    }

    /// Whether whoever subscribes is told so instead of another attempt.
    fn is_hopeless(&mut self, fault: &Fault) -> bool {
        if !matches!(fault.cause, Cause::Conflict | Cause::Refused) {
            return false;
        }
        match self.declared.take() {
            Some(declared) => declared.send(Err(fault.clone())).is_ok(),
            None => false,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.needs.core.states.restored(&self.plan.queue);
    }
}

fn lost() -> Fault {
    Fault::new(Cause::Lost, "the connection is over")
}

/// What ends a subscription: nobody takes from it any more, or the bus stops.
struct End {
    opened: oneshot::Receiver<()>,
    stop: Stop,
    is_over: bool,
}

impl End {
    fn new(opened: oneshot::Receiver<()>, stop: Stop) -> Self {
        Self {
            opened,
            stop,
            is_over: false,
        }
    }

    /// What the future gives; `None` once the subscription ends.
    async fn before<F: Future>(&mut self, future: F) -> Option<F::Output> {
        if self.is_over {
            return None;
        }
        let mut future = pin!(future);
        let opened = &mut self.opened;
        let stop = &mut self.stop;
        let mut stopped = pin!(async move {
            let _ = stop.wait_for(|is_stopped| *is_stopped).await;
        });
        let mut opened = pin!(opened);
        let output = poll_fn(|cx| {
            if opened.as_mut().poll(cx).is_ready() || stopped.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            future.as_mut().poll(cx).map(Some)
        })
        .await;
        self.is_over = output.is_none();
        output
    }
}
