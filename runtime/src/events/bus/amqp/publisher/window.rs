//! What is on its way: started in order, joined in order, bounded.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use lapin::Confirmation;
use tokio::time::Instant;

use super::super::super::Nack;
use super::super::fault::{Cause, Fault};
use super::super::topology;
use super::Request;
use super::channel::ConfirmChannel;
use super::returns::{self, Returns};

/// The most events without a confirm, and the most of their bytes.
const MOST: usize = 1000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// What was published on one channel and is not confirmed.
pub(super) struct Window<'a> {
    channel: &'a mut ConfirmChannel,
    flying: VecDeque<Flying>,
    bytes: usize,
    /// Those that may come back.
    mandatory: usize,
    returns: Returns,
    /// The oldest may be among what comes back yet: it waits for all others, and none is started.
    is_unclear: bool,
}

struct Flying {
    request: Request,
    weight: usize,
    since: Instant,
    confirm: Confirm,
    is_mandatory: bool,
    /// Once it is known.
    decided: Option<Decided>,
}

struct Decided {
    outcome: Result<(), Nack>,
    /// It came with what came back of another: its own may come with that one.
    is_unclear: bool,
}

type Confirm = Pin<Box<dyn Future<Output = Answer> + Send>>;

type Answer = lapin::Result<Confirmation>;

impl<'a> Window<'a> {
    pub(super) fn new(channel: &'a mut ConfirmChannel) -> Self {
        Self {
            channel,
            flying: VecDeque::new(),
            bytes: 0,
            mandatory: 0,
            returns: Returns::default(),
            is_unclear: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flying.is_empty()
    }

    /// How many may be started; one may be larger than all of the bytes.
    pub(super) fn room(&self) -> usize {
        if self.bytes >= MOST_BYTES || self.is_unclear {
            return 0;
        }
        MOST - self.flying.len()
    }

    /// Since when the oldest has waited.
    pub(super) fn since(&self) -> Option<Instant> {
        self.flying.front().map(|flying| flying.since)
    }

    /// Publishes, unless nobody waits for it any more.
    pub(super) fn start(&mut self, request: Request, cx: &mut Context<'_>) {
        if request.is_forgotten() {
            return;
        }
        let mut confirm: Confirm = match self.channel.publish(&request.parcel) {
            Ok(confirm) => Box::pin(confirm),
            Err(nack) => return request.answer(Err(nack)),
        };
        // The first poll is what sends: in the order of the starts.
        if let Poll::Ready(answer) = confirm.as_mut().poll(cx) {
            confirm = Box::pin(std::future::ready(answer));
        }
        let weight = request.parcel.wire.weight();
        let is_mandatory = topology::has_no_alternate(&request.parcel.exchange);
        self.bytes += weight;
        self.mandatory += usize::from(is_mandatory);
        self.flying.push_back(Flying {
            request,
            weight,
            since: Instant::now(),
            confirm,
            is_mandatory,
            decided: None,
        });
    }

    /// Answers those at the front that are decided; whether there was any.
    ///
    /// # Errors
    /// When the channel is of no more use; what is not decided goes back.
    pub(super) fn settle(&mut self, cx: &mut Context<'_>) -> Result<bool, Fault> {
        if self.mandatory > 0 {
            self.look(cx)?;
        }
        let mut any = false;
        while let Some(flying) = self.flying.front_mut() {
            if !flying.decide(cx, &mut self.returns)? {
                break;
            }
            let is_unclear = flying.decided.as_ref().is_some_and(|decided| decided.is_unclear);
            self.is_unclear = is_unclear && self.flying.iter().any(|flying| flying.decided.is_none());
            if self.is_unclear {
                break;
            }
            any = true;
            self.answer_first(cx);
        }
        Ok(any)
    }

    /// Looks at all, in their order: what came back of one may have come with any that was confirmed before it.
    fn look(&mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        for flying in &mut self.flying {
            flying.decide(cx, &mut self.returns)?;
        }
        Ok(())
    }

    fn answer_first(&mut self, cx: &mut Context<'_>) {
        let Some(flying) = self.flying.pop_front() else {
            return;
        };
        self.bytes -= flying.weight;
        self.mandatory -= usize::from(flying.is_mandatory);
        let Some(Decided { outcome, .. }) = flying.decided else {
            return;
        };
        let mut request = flying.request;
        if flying.is_mandatory && self.returns.take(&request.parcel) {
            request.parcel = returns::unrouted(&request.parcel);
            return self.start(request, cx);
        }
        request.answer(outcome);
    }

    /// What is not decided, in its order.
    pub(super) fn into_requests(self) -> impl DoubleEndedIterator<Item = Request> {
        self.flying.into_iter().map(|flying| flying.request)
    }
}

impl Flying {
    /// Whether it is decided by now.
    ///
    /// # Errors
    /// When the channel is of no more use.
    fn decide(&mut self, cx: &mut Context<'_>, returns: &mut Returns) -> Result<bool, Fault> {
        if self.decided.is_some() {
            return Ok(true);
        }
        let Poll::Ready(answer) = self.confirm.as_mut().poll(cx) else {
            return Ok(false);
        };
        // After an error nobody polls here again.
        let answer = answer?;
        let mut is_unclear = false;
        if let Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message)) = &answer {
            returns.add(message);
            is_unclear = self.is_mandatory && !returns::is_its_own(message, &self.request.parcel);
        }
        let outcome = outcome(&answer)?;
        self.decided = Some(Decided { outcome, is_unclear });
        Ok(true)
    }
}

/// What a confirm says of its event.
///
/// # Errors
/// When it says nothing: the channel is gone, or was never told to confirm.
fn outcome(confirmation: &Confirmation) -> Result<Result<(), Nack>, Fault> {
    match confirmation {
        Confirmation::Ack(_) => Ok(Ok(())),
        Confirmation::Nack(_) => Ok(Err(Nack::temporary(
            "the broker refused the event: a queue is full or has no leader",
        ))),
        Confirmation::NotRequested => Err(Fault::new(
            Cause::Unconfirmed,
            "the channel is not in confirm mode: nothing is known of what it published",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_confirm_mode_nothing_is_a_success() {
        let fault = outcome(&Confirmation::NotRequested).expect_err("nobody confirmed");
        assert_eq!(fault.cause, Cause::Unconfirmed);
        assert!(outcome(&Confirmation::Ack(None)).is_ok_and(|outcome| outcome.is_ok()));
        assert!(outcome(&Confirmation::Nack(None)).is_ok_and(|outcome| outcome.is_err()));
    }
}
