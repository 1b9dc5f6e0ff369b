//! What may be tried again, and when? One loop for all reasons, with one schedule.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use tokio::time::Instant;

use super::attempt::{Attempt, Outcome};
use super::balance::circuit_open;
use super::classify::Class;
use super::{backoff, retry_after};
use crate::config::{Limits, RetryPolicy};
use crate::{Body, Error};

/// The attempts of one call.
pub(crate) struct Retry<'a> {
    policy: Option<&'a RetryPolicy>,
    idempotent: bool,
    /// Whether the body is a stream, which is sent once.
    streamed: bool,
    made: u32,
    tried: Vec<Arc<str>>,
}

impl<'a> Retry<'a> {
    pub(crate) fn new(limits: &'a Limits, idempotent: bool, body: &Body) -> Self {
        Self {
            policy: limits.retry.as_ref(),
            idempotent,
            streamed: !body.is_replayable(),
            made: 0,
            tried: Vec::new(),
        }
    }

    /// The attempts made so far.
    pub(crate) fn made(&self) -> u32 {
        self.made
    }

    /// The instances that have failed this call.
    pub(crate) fn tried(&self) -> &[Arc<str>] {
        &self.tried
    }

    /// The statuses that the policy adds to those that are retried.
    pub(crate) fn on(&self) -> &[http::StatusCode] {
        self.policy.map_or(&[], |policy| &policy.on)
    }

    /// What comes after this outcome of this attempt; `body` is what it has left of the body.
    pub(crate) fn next(
        &mut self,
        attempt: &Attempt<'_>,
        outcome: &Outcome,
        class: Class,
        body: &Body,
    ) -> Next {
        self.made += 1;
        let Some(policy) = self.policy.filter(|policy| self.made <= policy.times) else {
            return Next::Done(None);
        };
        if class == Class::Answered {
            return Next::Done(None);
        }
        // Unless nobody has read of it, which gives it back.
        if self.streamed && body.is_replayable() {
            return Next::Done(Some(Never::Streamed));
        }
        self.tried.push(Arc::clone(&attempt.instance.address));
        match self.after_failure(policy, attempt, outcome, class) {
            Next::Again(_) if !class.may_repeat(self.idempotent) => Next::Done(Some(Never::NotIdempotent)),
            next => next,
        }
    }

    /// Another attempt, where the deadline and the breakers leave room for one.
    fn after_failure(
        &self,
        policy: &RetryPolicy,
        attempt: &Attempt<'_>,
        outcome: &Outcome,
        class: Class,
    ) -> Next {
        let now = Instant::now();
        let instances = &attempt.plan.instances;
        let delay = if class == Class::NotSent && instances.has_untried(&self.tried, attempt.limits, now) {
            Duration::ZERO
        } else {
            let answered = outcome.as_ref().ok();
            let floor = answered.and_then(|answered| hint(&answered.headers));
            let random = &attempt.call.service.shared().random;
            backoff::delay(policy, self.made - 1, random).max(floor.unwrap_or_default())
        };
        // A wait that the deadline would end is an error that is known already.
        if delay >= attempt.deadline.remaining(now) {
            return Next::Done(None);
        }
        // So is one after which nobody may be asked.
        match instances.open_until(attempt.limits, now) {
            Some(until) if until > now + delay => Next::Done(Some(Never::Refused(until - now))),
            Some(_) | None => Next::Again(delay),
        }
    }
}

/// What comes after an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another attempt, after this time.
    Again(Duration),
    /// Nothing: this outcome is the call's. Where another attempt might have helped and had time, it says why there is none.
    Done(Option<Never>),
}

/// Why a call that might be tried again is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Never {
    /// The server may have acted, and acting twice is not the same as once.
    NotIdempotent,
    /// The body was a stream, and is gone.
    Streamed,
    /// The breaker of every instance is open, for so long.
    Refused(Duration),
}

/// The end of a call, its error saying why it was not tried again.
pub(crate) fn explain(why: Option<Never>, end: Result<(), Error>) -> Result<(), Error> {
    match why {
        None => end,
        Some(Never::NotIdempotent) => end.map_err(|error| error.not_tried_again("it is not idempotent")),
        Some(Never::Streamed) => {
            end.map_err(|error| error.not_tried_again("a streamed body cannot be replayed"))
        }
        Some(Never::Refused(time)) => end.map_err(|error| explain_refusal(error, &circuit_open(time))),
    }
}

/// The error of the last attempt, saying why nobody may be asked again, and when somebody may.
pub(crate) fn explain_refusal(error: Error, refused: &Error) -> Error {
    let error = match (error.retry_after(), refused.retry_after()) {
        (None, Some(time)) => error.with_retry_after(time),
        _ => error,
    };
    error.not_tried_again(refused.cause())
}

/// What the server asks in `Retry-After`: a floor for the delay.
pub(crate) fn hint(headers: &HeaderMap) -> Option<Duration> {
    retry_after::parse(headers.get(RETRY_AFTER)?, SystemTime::now())
}
