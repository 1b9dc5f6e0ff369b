//! What is on its way: started in order, answered as its confirms come, bounded.
//!
//! A confirm comes once all queues of its event have it, and each queue takes its time: one that does not confirm, since it
//! has no majority of its replicas, holds up nobody else. What is not confirmed in time while later ones are is such a
//! queue's; where nothing is confirmed at all, the session is of no use, which `Window::silent_since` tells.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::stream::{FuturesUnordered, Stream as _};
use lapin::Confirmation;
use lapin::message::BasicReturnMessage;
use tokio::time::Instant;

use super::super::super::Nack;
use super::super::fault::{Cause, Fault};
use super::super::topology;
use super::channel::ConfirmChannel;
use super::returns::{self, Returns};
use super::silence::{Route, Silent, route};
use super::{CONFIRM, Parcel, Request, unconfirmed};
use crate::events::text::Text;

/// The most events without a confirm, and the most of their bytes.
const MOST: usize = 1000;
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Beyond so many late ones a session is cut: on a new one both sides have forgotten them.
const MOST_LATE: usize = 10 * MOST;

/// What a window publishes on.
pub(super) trait Publishes {
    /// Publishes with the first poll.
    ///
    /// # Errors
    /// For good.
    fn start(&mut self, parcel: &Parcel) -> Result<Confirm, Nack>;
}

pub(super) type Confirm = Pin<Box<dyn Future<Output = lapin::Result<Confirmation>> + Send>>;

/// What was published on one channel and is not confirmed.
pub(super) struct Window<'a, C = ConfirmChannel> {
    channel: &'a mut C,
    /// Each is asked only when it was woken, in that order; the first poll, which sends, is in the order of the starts.
    confirms: FuturesUnordered<Numbered>,
    /// By their numbers, which count up from the first that was started.
    flying: BTreeMap<u64, Flying>,
    /// Those that were given up, and may be confirmed yet.
    late: BTreeMap<u64, Late>,
    next: u64,
    /// One more than the latest that is confirmed.
    confirmed: u64,
    bytes: usize,
    /// Those that are decided and not answered.
    decided: Vec<u64>,
    returns: Returns,
    silent: Silent,
    /// The channel is closed, and those that were on their way learn why next.
    closing: Option<Fault>,
}

struct Numbered {
    number: u64,
    confirm: Confirm,
}

struct Flying {
    request: Request,
    weight: usize,
    since: Instant,
    is_mandatory: bool,
    /// Once it is known.
    decided: Option<Decided>,
}

struct Decided {
    outcome: Result<(), Nack>,
    /// It came with what came back of another: its own may come with that one.
    is_unclear: bool,
}

struct Late {
    since: Instant,
    route: Route,
    id: Option<Text>,
}

impl Future for Numbered {
    type Output = (u64, lapin::Result<Confirmation>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let number = self.number;
        self.confirm.as_mut().poll(cx).map(|answer| (number, answer))
    }
}

impl<'a, C: Publishes> Window<'a, C> {
    pub(super) fn new(channel: &'a mut C) -> Self {
        Self {
            channel,
            confirms: FuturesUnordered::new(),
            flying: BTreeMap::new(),
            late: BTreeMap::new(),
            next: 0,
            confirmed: 0,
            bytes: 0,
            decided: Vec::new(),
            returns: Returns::default(),
            silent: Silent::default(),
            closing: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flying.is_empty()
    }

    /// How many may be started; one may be larger than all of the bytes.
    pub(super) fn room(&self) -> usize {
        if self.bytes >= MOST_BYTES || self.closing.is_some() {
            return 0;
        }
        MOST - self.flying.len()
    }

    /// Publishes with the next [`settle`](Self::settle), unless nobody waits for it any more or its queue is silent.
    pub(super) fn start(&mut self, request: Request) {
        if request.is_forgotten() {
            return;
        }
        if let Some(nack) = self.silent.refusal(&request.parcel) {
            return request.answer(Err(nack));
        }
        let confirm = match self.channel.start(&request.parcel) {
            Ok(confirm) => confirm,
            Err(nack) => {
                self.silent.not_asked(&request.parcel);
                return request.answer(Err(nack));
            }
        };
        let number = self.next;
        self.next += 1;
        self.confirms.push(Numbered { number, confirm });
        let flying = Flying {
            weight: request.parcel.wire.weight(),
            since: Instant::now(),
            is_mandatory: topology::has_no_alternate(&request.parcel.exchange),
            decided: None,
            request,
        };
        self.bytes += flying.weight;
        self.flying.insert(number, flying);
    }

    /// Answers what is decided; whether anything was.
    ///
    /// # Errors
    /// When the channel is of no more use; what is not decided goes back.
    pub(super) fn settle(&mut self, cx: &mut Context<'_>) -> Result<bool, Fault> {
        let heard = self.hear(cx);
        let any = self.answer();
        heard.map(|()| any)
    }

    /// Lets go of what has waited too long for its confirm, since it was sent or since the broker takes events: nothing is
    /// known of it. Whether there was any.
    pub(super) fn give_up(&mut self, open_since: Instant) -> bool {
        let mut any = false;
        // What found the channel closed was not sent.
        if self.closing.is_some() {
            return any;
        }
        while let Some(first) = self.flying.first_entry() {
            if first.get().since.max(open_since).elapsed() < CONFIRM {
                break;
            }
            let number = *first.key();
            if let Some(flying) = self.take(number) {
                self.let_go(number, flying);
            }
            any = true;
        }
        any
    }

    /// Since when nothing has been confirmed of what was sent after the latest that is.
    pub(super) fn silent_since(&self) -> Option<Instant> {
        let late = self.late.range(self.confirmed..).next();
        let flying = self.flying.range(self.confirmed..).next();
        let late = late.map(|(_, late)| late.since);
        late.or(flying.map(|(_, flying)| flying.since))
    }

    pub(super) fn has_too_many_late(&self) -> bool {
        self.late.len() >= MOST_LATE
    }

    /// Answers what is confirmed to the last; what is not decided, in its order.
    pub(super) fn into_requests(mut self) -> impl DoubleEndedIterator<Item = Request> {
        let mut cx = Context::from_waker(Waker::noop());
        // An error of one says nothing of the others.
        while self.hear(&mut cx).is_err() {}
        self.answer();
        self.flying.into_values().map(|flying| flying.request)
    }

    /// Takes all confirms that have come before any is answered: what came back of one may have come with another.
    ///
    /// # Errors
    /// What the broker said as it closed the channel. A publish that comes just then learns only that it is closed, and
    /// may be told so before any other is told why.
    fn hear(&mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        while let Some((number, answer)) = self.next_confirm(cx) {
            let confirmation = match answer {
                Ok(confirmation) => confirmation,
                Err(error) if matches!(error.kind(), lapin::ErrorKind::InvalidChannelState(..)) => {
                    self.closing = Some(error.into());
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let (outcome, message) = outcome(confirmation)?;
            if let Some(message) = &message {
                self.returns.add(message);
            }
            if let Some(flying) = self.flying.get_mut(&number) {
                let is_anothers = |message| !returns::is_its_own(message, &flying.request.parcel);
                let is_unclear = flying.is_mandatory && message.as_ref().is_some_and(is_anothers);
                flying.decided = Some(Decided { outcome, is_unclear });
            }
            self.confirmed = self.confirmed.max(number + 1);
            self.decided.push(number);
        }
        match self.closing.take_if(|_| self.confirms.is_empty()) {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    /// Asked twice: those that are woken are also left for later where some have woken themselves.
    fn next_confirm(&mut self, cx: &mut Context<'_>) -> Option<(u64, lapin::Result<Confirmation>)> {
        let mut ask = || match Pin::new(&mut self.confirms).poll_next(cx) {
            Poll::Ready(next) => next,
            Poll::Pending => None,
        };
        ask().or_else(ask)
    }

    fn answer(&mut self) -> bool {
        let mut decided = std::mem::take(&mut self.decided);
        let count = decided.len();
        decided.retain(|number| !self.is_answered(*number));
        if self.returns.is_empty() {
            for number in decided.drain(..) {
                self.finish(number);
            }
        }
        let any = decided.len() < count;
        self.decided = decided;
        any
    }

    /// Answers one, unless it may come back yet.
    fn is_answered(&mut self, number: u64) -> bool {
        if let Some(late) = self.late.remove(&number) {
            self.silent.heard(&late.route);
            self.returns.take(late.id.as_ref(), &late.route.1);
            return true;
        }
        let Some(flying) = self.flying.get(&number) else {
            return true;
        };
        let parcel = &flying.request.parcel;
        if flying.is_mandatory && self.returns.take(parcel.id(), &parcel.key) {
            self.keep_unrouted(number);
            return true;
        }
        if flying.decided.as_ref().is_some_and(|decided| decided.is_unclear) {
            return false;
        }
        self.finish(number);
        true
    }

    fn finish(&mut self, number: u64) {
        let Some(flying) = self.take(number) else { return };
        self.silent.heard_of(&flying.request.parcel);
        if let Some(Decided { outcome, .. }) = flying.decided {
            flying.request.answer(outcome);
        }
    }

    fn keep_unrouted(&mut self, number: u64) {
        let Some(flying) = self.take(number) else { return };
        self.silent.heard_of(&flying.request.parcel);
        let mut request = flying.request;
        request.parcel = returns::unrouted(&request.parcel);
        self.start(request);
    }

    fn let_go(&mut self, number: u64, flying: Flying) {
        let parcel = &flying.request.parcel;
        if flying.decided.is_none() {
            self.silent.late(route(parcel));
            let late = Late {
                since: flying.since,
                route: route(parcel),
                id: parcel.id().cloned(),
            };
            self.late.insert(number, late);
        } else {
            self.silent.heard_of(parcel);
        }
        let reason = format!("no confirm within {CONFIRM:?}");
        flying.request.answer(Err(unconfirmed(Nack::temporary(reason))));
    }

    fn take(&mut self, number: u64) -> Option<Flying> {
        let flying = self.flying.remove(&number)?;
        self.bytes -= flying.weight;
        Some(flying)
    }
}

/// What a confirm says of its event, and what came with it.
///
/// # Errors
/// When it says nothing: the channel is gone, or was never told to confirm.
fn outcome(confirmation: Confirmation) -> Result<(Result<(), Nack>, Option<BasicReturnMessage>), Fault> {
    match confirmation {
        Confirmation::Ack(message) => Ok((Ok(()), message)),
        Confirmation::Nack(message) => {
            let nack = Nack::temporary("the broker refused the event: a queue is full or has no leader");
            Ok((Err(nack), message))
        }
        Confirmation::NotRequested => Err(Fault::new(
            Cause::Unconfirmed,
            "the channel is not in confirm mode: nothing is known of what it published",
        )),
    }
}
