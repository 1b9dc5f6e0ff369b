//! The way of one event out: checked, written, offered until it is confirmed or time is up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, Span};

use super::super::EventsState;
use super::super::backoff::Backoff;
use super::super::bus::{Again, Bus, Nack, Outgoing};
use super::super::message::Message;
use super::super::span::{self, Operation, Sent};
use super::super::text::Text;
use super::{Draft, PublishFailure, Receipt};
use crate::client::{InFlight, Shared};
use crate::context::EventTrace;
use crate::{Error, ErrorKind, Result};

/// How long a publish waits where its context has no deadline.
pub(in super::super) const PATIENCE: Duration = Duration::from_secs(30);

/// The longest wait after the first refusal; it doubles up to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A publish that has come as far as it could without waiting.
pub(super) enum Begun {
    Done(Result<Receipt>),
    Waiting(Sending),
}

/// What every error says of its event.
struct Label {
    id: Text,
    name: Text,
    trace: EventTrace,
}

impl Label {
    fn of(shared: &Shared, draft: &Draft) -> Self {
        Self {
            id: draft.id(shared),
            name: draft.name.clone(),
            trace: draft.context.trace().clone(),
        }
    }

    fn on(&self, error: Error) -> Error {
        error.of_event(&self.name, &self.id, &self.trace.id())
    }
}

/// The event as it would be published; every error names it.
pub(super) fn prepare(shared: &Shared, draft: Draft) -> Result<(Message, Outgoing)> {
    let label = Label::of(shared, &draft);
    to_be_stored(shared, draft, label.id.clone()).map_err(|error| label.on(error))
}

fn to_be_stored(shared: &Shared, draft: Draft, id: Text) -> Result<(Message, Outgoing)> {
    let bus = shared.events.bus()?;
    let (message, outgoing) = encode(shared, draft, id)?;
    #[cfg(feature = "testing")]
    shared.events.record(&message)?;
    let span = span::publish(&Sent {
        enabled: shared.logging,
        system: bus.system(),
        message: &message,
        operation: Operation::Create,
    });
    let checked = span.in_scope(|| check(bus, &outgoing));
    span::record_outcome(&span, checked.as_ref().err());
    checked.map(|()| (message, outgoing))
}

/// What is stored first is refused first, too: nobody waits for it any more when the broker does.
fn check(bus: &Bus, outgoing: &Outgoing) -> Result<()> {
    bus.check(outgoing).map_err(|nack| refused(nack, false))
}

fn encode(shared: &Shared, draft: Draft, id: Text) -> Result<(Message, Outgoing)> {
    let (message, route) = draft.into_message(shared, id)?;
    let outgoing = Outgoing {
        route,
        priority: message.priority,
        wire: Arc::new(shared.events.format.write(&message)),
    };
    Ok((message, outgoing))
}

/// What is left of it; every error names the event.
pub(super) type Sending = Pin<Box<dyn Future<Output = Result<Receipt>> + Send>>;

/// An event that is checked and written.
struct Prepared {
    /// What a shutdown waits for.
    _admitted: InFlight,
    started: Instant,
    deadline: Instant,
    span: Span,
    outgoing: Outgoing,
    #[cfg(feature = "outbox")]
    message: Message,
}

/// Checks, writes and publishes, as long as nobody has to be waited for.
pub(super) fn begin(shared: Arc<Shared>, draft: Draft) -> Begun {
    let label = Label::of(&shared, &draft);
    match Prepared::new(&shared, draft, label.id.clone()) {
        Ok(prepared) if prepared.is_confirmed_now(&shared) => {
            Begun::Done(Ok(Receipt::confirmed_now(label.id)))
        }
        Ok(prepared) => Begun::Waiting(Box::pin(async move {
            let sent = prepared.send(&shared, label.id.clone()).await;
            sent.map_err(|error| label.on(error))
        })),
        Err(error) => Begun::Done(Err(label.on(error))),
    }
}

impl Prepared {
    fn new(shared: &Shared, draft: Draft, id: Text) -> Result<Self> {
        let admitted = shared.admission.enter()?.into_owned();
        let bus = shared.events.bus()?;
        let started = Instant::now();
        let deadline = draft.context.deadline().unwrap_or(started + PATIENCE);
        let (message, outgoing) = encode(shared, draft, id)?;
        #[cfg(feature = "testing")]
        shared.events.record(&message)?;
        let span = span::publish(&Sent {
            enabled: shared.logging,
            system: bus.system(),
            message: &message,
            operation: operation(shared),
        });
        Ok(Self {
            _admitted: admitted,
            started,
            deadline,
            span,
            outgoing,
            #[cfg(feature = "outbox")]
            message,
        })
    }

    /// Without a task of its own and without a word to any other: a bus within the process has room as a rule.
    fn is_confirmed_now(&self, shared: &Shared) -> bool {
        #[cfg(feature = "outbox")]
        if shared.events.outbox.is_some() {
            return false;
        }
        let publish = |bus: &Bus| self.span.in_scope(|| bus.publish_now(&self.outgoing));
        let is_confirmed = shared.events.bus().is_ok_and(publish);
        if is_confirmed {
            let accepted = shared.events.figures.accepted();
            accepted.finish(true, self.started.elapsed());
        }
        is_confirmed
    }

    async fn send(self, shared: &Arc<Shared>, id: Text) -> Result<Receipt> {
        let accepted = shared.events.figures.accepted();
        #[cfg(feature = "outbox")]
        if let Some(outbox) = &shared.events.outbox {
            if let Err(error) = shared.events.bus().and_then(|bus| check(bus, &self.outgoing)) {
                span::record_outcome(&self.span, Some(&error));
                accepted.finish(false, self.started.elapsed());
                return Err(error);
            }
            shared.events.start(shared);
            let kept = outbox
                .accept(&self.message, &self.outgoing, self.deadline)
                .instrument(self.span.clone())
                .await;
            span::record_outcome(&self.span, kept.as_ref().err());
            return match kept {
                Ok(kept) => {
                    accepted.stored();
                    Ok(Receipt::stored_now(id, kept))
                }
                Err(error) => {
                    accepted.finish(false, self.started.elapsed());
                    Err(error)
                }
            };
        }
        let bus = shared.events.bus()?;
        let offered = offer(shared, bus, &self.outgoing, self.deadline)
            .instrument(self.span.clone())
            .await;
        span::record_outcome(&self.span, offered.as_ref().err());
        accepted.finish(offered.is_ok(), self.started.elapsed());
        offered.map(|()| Receipt::confirmed_now(id))
    }
}

/// With an outbox an event is stored first.
fn operation(shared: &Shared) -> Operation {
    #[cfg(feature = "outbox")]
    if shared.events.outbox.is_some() {
        return Operation::Create;
    }
    let _ = shared;
    Operation::Send
}

/// Offers the event until it is confirmed, refused for good, or the deadline is over.
async fn offer(shared: &Shared, bus: &Bus, outgoing: &Outgoing, deadline: Instant) -> Result<()> {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let mut may_be_published = false;
    loop {
        // Apart from the publish: before there is a connection nothing is sent.
        let is_reached = timeout_at(deadline, bus.ready()).await.is_ok();
        if !is_reached && !may_be_published {
            return Err(unreached(bus));
        }
        let nack = match timeout_at(deadline, bus.publish(outgoing, Some(deadline))).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(nack)) => nack,
            Err(_) => return Err(unconfirmed(bus)),
        };
        shared.events.figures.refused();
        may_be_published |= nack.failure == PublishFailure::Unconfirmed;
        let pause = backoff.next(&shared.random).max(nack.after);
        if nack.again != Again::Soon || pause >= deadline.saturating_duration_since(Instant::now()) {
            return Err(refused(nack, may_be_published));
        }
        sleep(pause).await;
    }
}

fn refused(nack: Nack, may_be_published: bool) -> Error {
    let failure = match nack.failure {
        PublishFailure::Refused | PublishFailure::Unreached if may_be_published => {
            PublishFailure::Unconfirmed
        }
        failure => failure,
    };
    Error::new(ErrorKind::Publish, nack.reason)
        .with_publish_failure(failure)
        .with_may_have_reached_server(failure == PublishFailure::Unconfirmed)
}

fn unconfirmed(bus: &Bus) -> Error {
    let message = "no confirmation before the deadline: the event may have been published or not";
    Error::new(ErrorKind::Publish, with_state(message, bus))
        .with_publish_failure(PublishFailure::Unconfirmed)
        .with_may_have_reached_server(true)
}

fn unreached(bus: &Bus) -> Error {
    let message = "no connection before the deadline: nothing was sent";
    Error::new(ErrorKind::Publish, with_state(message, bus)).with_publish_failure(PublishFailure::Unreached)
}

/// The text of a state says which broker, and why.
fn with_state(message: &str, bus: &Bus) -> String {
    match bus.seen() {
        EventsState::Up => message.to_owned(),
        state => format!("{message}; the broker: {state}"),
    }
}

#[cfg(all(test, feature = "amqp"))]
mod tests {
    use super::*;
    use crate::{Client, Context, context};

    #[tokio::test]
    async fn of_a_broker_that_was_never_reached_an_error_says_that_nothing_was_sent() {
        // Nobody listens on port 1.
        let client = Client::builder().events("amqp://127.0.0.1:1").build();
        let events = client.expect("legal").events();
        let brief = Context::new().with_timeout(Duration::from_millis(300));
        let error = context::scope(brief, async { events.publish_named("paid", &7).id("1").await });
        let error = error.await.expect_err("nobody is there");
        assert_eq!(error.publish_failure(), Some(PublishFailure::Unreached));
        assert!(!error.may_have_reached_server());
        assert!(error.message().contains("nothing was sent"), "{error}");
        assert_eq!((error.event_name(), error.event_id()), (Some("paid"), Some("1")));
        let trace_id = error.trace_id().expect("it belongs to a trace");
        let text = error.to_string();
        assert!(
            text.ends_with(&format!(" (event paid 1, trace {trace_id})")),
            "{text}"
        );
    }
}
