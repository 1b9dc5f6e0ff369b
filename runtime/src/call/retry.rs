//! What may be tried again, and when? One loop for all reasons, with one schedule.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use tokio::time::Instant;

use super::attempt::Outcome;
use super::classify::Class;
use super::deadline::Deadline;
use super::{Instance, Instances, backoff, retry_after};
use crate::Body;
use crate::config::{Limits, RetryPolicy};
use crate::random::Random;

/// The attempts of one call.
pub(crate) struct Retry<'a> {
    policy: Option<&'a RetryPolicy>,
    limits: &'a Limits,
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
            limits,
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

    /// What comes after this outcome; `body` is what the attempt has left of it.
    #[expect(clippy::too_many_arguments, reason = "all that one decision depends on")]
    pub(crate) fn next(
        &mut self,
        class: Class,
        outcome: &Outcome,
        body: &Body,
        instance: &Instance,
        instances: &Instances,
        deadline: &Deadline,
        random: &Random,
    ) -> Next {
        self.made += 1;
        let Some(policy) = self.policy.filter(|policy| self.made <= policy.times) else {
            return Next::Done;
        };
        if class == Class::Answered {
            return Next::Done;
        }
        // Unless nobody has read of it, which gives it back.
        if self.streamed && body.is_replayable() {
            return Next::CannotReplay;
        }
        if !class.may_repeat(self.idempotent) {
            return Next::Done;
        }
        self.tried.push(Arc::clone(&instance.address));
        let now = Instant::now();
        let floor = outcome
            .as_ref()
            .ok()
            .and_then(|answered| hint(&answered.headers))
            .unwrap_or_default();
        let delay = if class == Class::NotSent && instances.has_untried(&self.tried, self.limits, now) {
            Duration::ZERO
        } else {
            backoff::delay(policy, self.made - 1, random).max(floor)
        };
        // A wait that the deadline would end is an error that is known already.
        if delay < deadline.remaining(now) {
            Next::Again(delay)
        } else {
            Next::Done
        }
    }
}

/// What comes after an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another attempt, after this time.
    Again(Duration),
    /// Nothing: this outcome is the call's.
    Done,
    /// Nothing, since the body was a stream and is gone.
    CannotReplay,
}

/// What the server asks in `Retry-After`: a floor for the delay.
pub(crate) fn hint(headers: &HeaderMap) -> Option<Duration> {
    retry_after::parse(headers.get(RETRY_AFTER)?, SystemTime::now())
}
