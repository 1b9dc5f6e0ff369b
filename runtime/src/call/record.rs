//! What is kept of a call while it runs, and said of it when it ends: its span, its figures, its error's place.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;
use tracing::Span;

use super::Instance;
use super::attempt::Outcome;
use super::breaker::Permit;
use super::classify::{Class, Verdict};
use super::prepare::Prepared;
use crate::Error;
use crate::client::{Entered, InFlight};
use crate::context::CallContext;
use crate::error::Place;
use crate::observe::{self, CallFields, CallGuard};

/// What spans and events say of a call.
pub(crate) fn fields<'a>(call: &'a Prepared, context: &'a CallContext) -> CallFields<'a> {
    CallFields {
        enabled: call.service.shared().logging,
        labels: &call.endpoint.labels,
        context,
    }
}

/// One call, from its beginning to its one outcome.
pub(crate) struct Record<'a> {
    call: &'a Prepared,
    context: &'a CallContext,
    span: &'a Span,
    figures: CallGuard<'a>,
    in_flight: Option<Entered<'a>>,
    started: Instant,
    attempts: u32,
    may_have_reached: bool,
    instance: Option<&'a Instance>,
    /// When the last attempt ended, unless there was a wait after it.
    ended: Option<Instant>,
    /// That of the last response, which an attempt without one does not take away.
    status: Option<StatusCode>,
}

impl<'a> Record<'a> {
    pub(crate) fn start(call: &'a Prepared, context: &'a CallContext, span: &'a Span) -> Self {
        Self {
            call,
            context,
            span,
            figures: call.endpoint.recorder.begin(),
            in_flight: None,
            started: Instant::now(),
            attempts: 0,
            may_have_reached: false,
            instance: None,
            ended: None,
            status: None,
        }
    }

    fn fields(&self) -> CallFields<'a> {
        fields(self.call, self.context)
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Lets the call in, unless the client is being shut down.
    pub(crate) fn admit(&mut self) -> Result<(), Error> {
        self.in_flight = Some(self.call.service.shared().admission.enter()?);
        Ok(())
    }

    /// What keeps a shutdown waiting, for a reply whose body outlives the call.
    pub(crate) fn take_in_flight(&mut self) -> Option<InFlight> {
        self.in_flight.take().map(Entered::into_owned)
    }

    /// Counts an attempt at this instance, and gives its span.
    pub(crate) fn attempt(&mut self, instance: &'a Instance) -> Span {
        self.figures.attempt();
        if self.attempts > 0 {
            self.figures.retry();
        }
        self.instance = Some(instance);
        observe::record_instance(self.span, &instance.host, instance.port);
        self.attempts += 1;
        observe::attempt_span(&self.fields(), &instance.host, instance.port, self.attempts - 1)
    }

    /// Tells the breaker, exactly once, and keeps what the error will say.
    pub(crate) fn classified(
        &mut self,
        span: &Span,
        outcome: &Outcome,
        class: Class,
        permit: Option<Permit<'_>>,
    ) {
        self.may_have_reached |= class.may_have_reached();
        let status = outcome.as_ref().ok().map(|answered| answered.status);
        self.status = status.or(self.status);
        let error = outcome.as_ref().err().map(|failed| &failed.error);
        observe::record_outcome(span, status.map(|status| status.as_u16()), error);
        let ended = Instant::now();
        self.ended = Some(ended);
        let Some(permit) = permit else { return };
        match Verdict::of(outcome) {
            Verdict::Success => permit.success(ended),
            Verdict::Failure => {
                if permit.failure(ended) {
                    self.tripped();
                }
            }
            Verdict::None => {}
        }
    }

    /// What belongs to the last attempt is over only now.
    pub(crate) fn ended(&mut self) {
        self.ended = Some(Instant::now());
    }

    fn tripped(&self) {
        self.figures.trip();
        if self.call.service.shared().logging {
            let instance = self
                .instance
                .map(|instance| &*instance.address)
                .unwrap_or_default();
            tracing::warn!(target: "trunkline", service = self.call.service.name(), instance, "the breaker of an instance opened");
        }
    }

    /// Says that the call is going to be tried again, and why.
    pub(crate) fn retrying(&mut self, outcome: &Outcome, delay: Duration) {
        self.ended = None;
        match outcome {
            Ok(answered) => observe::retry_event(&self.fields(), &answered.status, delay, self.attempts),
            Err(failed) => observe::retry_event(&self.fields(), &failed.error.cause(), delay, self.attempts),
        }
    }

    /// How long the call has taken: up to the end of its last attempt, not with what is made of the reply.
    fn elapsed(&self) -> Duration {
        let ended = self.ended.unwrap_or_else(Instant::now);
        ended.saturating_duration_since(self.started)
    }

    /// Where the call is, for an error.
    pub(crate) fn place(&self) -> Place {
        Place {
            service: Some(Arc::clone(self.call.service.state().name())),
            endpoint: Some(Arc::clone(&self.call.endpoint.labels.endpoint)),
            instance: self.instance.map(|instance| Arc::clone(&instance.address)),
            attempts: self.attempts,
            elapsed: self.elapsed(),
            trace_id: Some(self.context.trace_id().into()),
        }
    }

    /// The one outcome of the call, its error with its place.
    pub(crate) fn finish(self, outcome: Result<(), Error>) -> Result<(), Error> {
        let elapsed = self.elapsed();
        let status = self.status.map(|status| status.as_u16());
        let outcome = outcome.map_err(|error| {
            error
                .with_last_status(status)
                .with_may_have_reached_server(self.may_have_reached)
                .at(self.place())
        });
        observe::record_outcome(self.span, status, outcome.as_ref().err());
        self.figures
            .finish(outcome.as_ref().copied().map_err(Error::kind), elapsed);
        outcome
    }
}
