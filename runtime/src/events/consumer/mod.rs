//! The engine of a subscription: takes events, runs their handlers, decides what becomes of each.
//!
//! It speaks to the bus alone, so that every transport has the same rules. An event is acknowledged only after its
//! handler has returned and the inbox has remembered it; whatever else happens, it is tried again or is a dead letter.

mod attempt;
mod handlers;
mod ladder;
mod log;
mod pace;
#[cfg(all(test, feature = "outbox"))]
mod tests;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

pub(super) use self::handlers::{Handler, Handlers, erase};
pub(super) use self::ladder::{Ladder, MOST_STEPS};
pub(super) use self::pace::Pace;

use self::attempt::{Allowed, Failure, FailureKind};
use self::ladder::Next;
use self::pace::Turn;
use super::bus::{Again, Incoming, Source, Verdict};
use super::delivery::Received;
use super::figures::{QueueRecorder, count};
use super::format::{self, EventFormat};
use super::inbox::{Claim, Seen};
use super::letter;
use super::message::Message;
use super::span::{self, Handled};
use super::text::Text;
use super::timestamp;
use super::topology::segment;
use super::until::until;
use super::wire::Wire;
use crate::client::Shared;
use crate::context::scope_later;

/// How long to wait before what could not be settled is settled again.
const UNSETTLED: Duration = Duration::from_secs(1);

/// What all slots of a subscription share.
pub(super) struct Consumer {
    pub(super) shared: Arc<Shared>,
    pub(super) system: &'static str,
    pub(super) label: Text,
    pub(super) group: Text,
    pub(super) handlers: Handlers,
    pub(super) ladder: Ladder,
    pub(super) seen: Arc<Seen>,
    pub(super) pace: Pace,
    /// Bounds each attempt.
    pub(super) timeout: Duration,
    pub(super) figures: Arc<QueueRecorder>,
    pub(super) source: Source,
    /// True once no more events are to be taken.
    pub(super) closing: watch::Receiver<bool>,
}

impl Consumer {
    /// Handles one event after the other until the subscription closes. As many of these run as the concurrency says.
    pub(super) async fn slot(self: Arc<Self>) {
        while let Some((_turn, incoming)) = self.next().await {
            self.handle(incoming).await;
            // Nothing above has to wait where events and handlers are ready, and others are to run all the same.
            consume_budget().await;
        }
    }

    /// The next event, and the turn in which it is handled; `None` once the subscription closes.
    async fn next(&self) -> Option<(Turn<'_>, Incoming)> {
        // The event first: whoever waited for one with the only turn would keep the others from handling theirs.
        let incoming = until(&self.closing, self.source.next()).await?;
        let turn = if self.pace.is_well() {
            None
        } else {
            until(&self.closing, self.pace.turn()).await?
        };
        Some((turn, incoming))
    }

    async fn handle(&self, incoming: Incoming) {
        let (handler, received) = match self.open(&incoming.wire) {
            Ok(Opened::Ours(handler, received)) => (handler, received),
            Ok(Opened::AnothersTarget) => {
                count(&self.figures.skipped);
                return self.acknowledge(incoming).await;
            }
            Err(death) => return self.bury(incoming, &death).await,
        };
        let message = received.message();
        // Another worker may have it, which is not closing.
        let claimed = self.seen.claim(&message.source, &message.id);
        let Some(claimed) = until(&self.closing, claimed).await else {
            return;
        };
        let Some(mut claim) = claimed else {
            count(&self.figures.duplicates);
            return self.acknowledge(incoming).await;
        };
        if claim.is_handled() {
            count(&self.figures.duplicates);
        } else {
            match self.attempt(handler, &received).await {
                Outcome::Handled => claim.succeed(),
                Outcome::Later(retry) => return self.try_later(incoming, &retry).await,
                Outcome::Dead(death) => return self.bury(incoming, &death).await,
            }
            count(&self.figures.handled);
            self.pace.succeeded();
        }
        // The mark before the acknowledgement: what comes again in between is known.
        if self.mark(&mut claim, message).await {
            drop(claim);
            self.acknowledge(incoming).await;
        }
    }

    /// Marks the event as handled until that is done; `false` for one that comes again, since the subscription closes.
    async fn mark(&self, claim: &mut Claim<'_>, message: &Message) -> bool {
        while let Err(reason) = claim.mark(&message.source, &message.id).await {
            log::unmarked(self, &reason);
            if until(&self.closing, sleep(UNSETTLED)).await.is_none() {
                return false;
            }
        }
        true
    }

    async fn try_later(&self, incoming: Incoming, retry: &Retry) {
        self.pace.failed();
        let copy = letter::for_retry(&incoming.wire, retry.attempt, &retry.first_failure);
        let verdict = Verdict::Retry {
            copy: Arc::new(copy),
            after: retry.after,
        };
        self.settle(incoming, &verdict).await;
    }

    /// The message and its handler, or why there is nothing to be handled.
    fn open(&self, wire: &Wire) -> Result<Opened<'_>, Death> {
        let message = read(wire)?;
        if self.is_for_another(&message, wire) {
            return Ok(Opened::AnothersTarget);
        }
        let handler = self.handlers.find(&message.name, message.version);
        let handler = handler.map_err(|reason| Death::before(message.attempt - 1, reason))?;
        Ok(Opened::Ours(
            handler,
            Arc::new(Received::new(message, &self.shared)),
        ))
    }

    /// Family A binds names alone, so that each of its services gets a copy of what is for one. Those of family B share
    /// the one there is: let go here, it would be lost for whom it is for.
    fn is_for_another(&self, message: &Message, wire: &Wire) -> bool {
        if self.shared.events.format == EventFormat::FamilyB {
            return false;
        }
        let is_ours = |target: &Text| segment(target) == segment(&self.group);
        message.target.as_ref().is_some_and(|target| !is_ours(target)) && format::is_of_family(wire)
    }

    fn id(&self, now: SystemTime) -> Text {
        self.shared.events.ids.next(now, &self.shared.random)
    }

    /// Attempts until one succeeds, or the next is not to be made at once.
    async fn attempt(&self, handler: &Handler, received: &Arc<Received>) -> Outcome {
        let mut first_failure = None;
        let mut attempt = received.message().attempt;
        loop {
            let Err(failure) = self.attempt_once(handler, received, attempt).await else {
                return Outcome::Handled;
            };
            let first_failure = &*first_failure.get_or_insert_with(|| failure.text.clone());
            match self.after(&failure, attempt) {
                Next::AtOnce => attempt += 1,
                Next::After(after) => {
                    log::retry(self, received.message(), attempt, &failure, after);
                    return Outcome::Later(Retry {
                        attempt: attempt + 1,
                        after,
                        first_failure: first_failure.clone(),
                    });
                }
                Next::Never => {
                    if is_of_the_surroundings(failure.kind) {
                        self.pace.failed();
                    }
                    return Outcome::Dead(Death {
                        attempts: attempt,
                        reason: failure.text,
                        first_failure: Some(first_failure.clone()),
                    });
                }
            }
        }
    }

    fn after(&self, failure: &Failure, attempt: u32) -> Next {
        match failure.kind {
            FailureKind::Rejected | FailureKind::Undecodable => Next::Never,
            FailureKind::RetryAfter(delay) => self.ladder.after_at_least(attempt, delay),
            FailureKind::Error | FailureKind::Panic | FailureKind::Timeout => self.ladder.after(attempt),
        }
    }

    async fn attempt_once(
        &self,
        handler: &Handler,
        received: &Arc<Received>,
        attempt: u32,
    ) -> Result<(), Failure> {
        let span = span::process(&Handled {
            enabled: self.shared.logging,
            system: self.system,
            received,
            group: &self.label,
            attempt,
        });
        count(&self.figures.attempts);
        let started = Instant::now();
        let time = Allowed {
            until: started + self.timeout,
            in_all: self.timeout,
        };
        let run = pin!(attempt::run(handler, received, attempt, time));
        // By reference: what is passed on by value is copied each time.
        let scope = scope_later(Arc::<Received>::clone(received), time.until, run);
        let outcome = scope.instrument(span.clone()).await;
        self.figures.latency.record(started.elapsed());
        if let Err(failure) = &outcome {
            count(&self.figures.failures);
            span::record_failure(&span, failure.kind.label());
        }
        outcome
    }

    async fn bury(&self, incoming: Incoming, death: &Death) {
        log::dead(self, &incoming.wire, death.attempts, &death.reason);
        let first_failure = death.first_failure.as_deref();
        let mut copy = letter::dead(&incoming.wire, death.attempts, &death.reason, first_failure);
        // What is to be replayed or thrown away has a name.
        copy.properties
            .message_id
            .get_or_insert_with(|| self.id(SystemTime::now()));
        let verdict = Verdict::Dead { copy: Arc::new(copy) };
        if self.settle(incoming, &verdict).await {
            count(&self.figures.buried);
        }
    }

    async fn acknowledge(&self, mut incoming: Incoming) {
        if !incoming.token.ack_now() {
            self.settle(incoming, &Verdict::Ack).await;
        }
    }

    /// Settles until it is done; `false` for an event that comes again, since it cannot be settled any more or not before
    /// the subscription closes.
    async fn settle(&self, mut incoming: Incoming, verdict: &Verdict) -> bool {
        while let Err(nack) = incoming.token.settle(verdict).await {
            log::unsettled(self, &nack.reason);
            // A pause also where the event goes back: it would come again at once.
            if until(&self.closing, sleep(UNSETTLED)).await.is_none() || nack.again == Again::Never {
                return false;
            }
        }
        true
    }
}

/// The message, unless it is none or came too late.
fn read(wire: &Wire) -> Result<Message, Death> {
    let message = format::read(wire).map_err(|unreadable| Death::before(0, unreadable.to_string()))?;
    match message.expires_at {
        Some(expired) if expired <= SystemTime::now() => {
            let expired = timestamp::write(expired, "Z");
            let reason = format!("the event expired at {expired}");
            Err(Death::before(message.attempt - 1, reason))
        }
        Some(_) | None => Ok(message),
    }
}

/// An event that was read.
enum Opened<'a> {
    Ours(&'a Handler, Arc<Received>),
    /// It is for another group, which has a copy of its own.
    AnothersTarget,
}

/// How handling an event ended, for now.
enum Outcome {
    Handled,
    Later(Retry),
    Dead(Death),
}

struct Retry {
    /// The number of the attempt to come.
    attempt: u32,
    after: Duration,
    first_failure: String,
}

/// Why an event is not tried again.
struct Death {
    attempts: u32,
    reason: String,
    first_failure: Option<String>,
}

impl Death {
    /// Of an event that its handler was not asked about, this time.
    fn before(attempts: u32, reason: String) -> Self {
        Self {
            attempts,
            reason,
            first_failure: None,
        }
    }
}

/// Whether a failure may be that of something which the handler needs, rather than the event's own.
fn is_of_the_surroundings(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Error | FailureKind::Panic | FailureKind::Timeout | FailureKind::RetryAfter(_) => true,
        FailureKind::Rejected | FailureKind::Undecodable => false,
    }
}
