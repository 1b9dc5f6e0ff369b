//! What is on its way: started in order, joined in order, bounded.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use lapin::Confirmation;
use tokio::time::Instant;

use super::super::super::Nack;
use super::super::fault::{Cause, Fault};
use super::Request;
use super::channel::ConfirmChannel;

/// The most events without a confirm, and the most of their bytes.
const MOST: usize = 1000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// What was published on one channel and is not confirmed.
pub(super) struct Window<'a> {
    channel: &'a ConfirmChannel,
    flying: VecDeque<Flying<'a>>,
    bytes: usize,
}

struct Flying<'a> {
    request: Request,
    weight: usize,
    since: Instant,
    confirm: Confirm<'a>,
}

type Confirm<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

type Answer = lapin::Result<Confirmation>;

impl<'a> Window<'a> {
    pub(super) fn new(channel: &'a ConfirmChannel) -> Self {
        Self {
            channel,
            flying: VecDeque::new(),
            bytes: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flying.is_empty()
    }

    /// How many may be started; one may be larger than all of the bytes.
    pub(super) fn room(&self) -> usize {
        if self.bytes >= MOST_BYTES {
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
        let mut confirm: Confirm<'a> = match self.channel.publish(&request.parcel) {
            Ok(confirm) => Box::pin(confirm),
            Err(nack) => return request.answer(Err(nack)),
        };
        // The first poll is what sends: in the order of the starts.
        if let Poll::Ready(answer) = confirm.as_mut().poll(cx) {
            confirm = Box::pin(std::future::ready(answer));
        }
        let weight = request.parcel.wire.weight();
        self.bytes += weight;
        self.flying.push_back(Flying {
            request,
            weight,
            since: Instant::now(),
            confirm,
        });
    }

    /// Answers those at the front that are decided; whether there was any.
    ///
    /// # Errors
    /// When the channel is of no more use; what is not decided goes back.
    pub(super) fn settle(&mut self, cx: &mut Context<'_>) -> Result<bool, Fault> {
        let mut any = false;
        while let Some(flying) = self.flying.front_mut() {
            let Poll::Ready(answer) = flying.confirm.as_mut().poll(cx) else {
                break;
            };
            // After an error nobody polls here again.
            let outcome = outcome(answer)?;
            any = true;
            if let Some(flying) = self.flying.pop_front() {
                self.bytes -= flying.weight;
                flying.request.answer(outcome);
            }
        }
        Ok(any)
    }

    /// What is not decided, in its order.
    pub(super) fn into_requests(self) -> impl DoubleEndedIterator<Item = Request> {
        let sent = |flying: Flying<'_>| Request {
            was_sent: true,
            ..flying.request
        };
        self.flying.into_iter().map(sent)
    }
}

/// What a confirm says of its event.
///
/// # Errors
/// When it says nothing: the channel is gone, or was never told to confirm.
fn outcome(answer: Answer) -> Result<Result<(), Nack>, Fault> {
    match answer? {
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
        let fault = outcome(Ok(Confirmation::NotRequested)).expect_err("nobody confirmed");
        assert_eq!(fault.cause, Cause::Unconfirmed);
        assert!(outcome(Ok(Confirmation::Ack(None))).is_ok_and(|outcome| outcome.is_ok()));
        assert!(outcome(Ok(Confirmation::Nack(None))).is_ok_and(|outcome| outcome.is_err()));
    }
}
