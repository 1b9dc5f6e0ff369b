//! What may be tried again, and when? One loop for all reasons, with one schedule.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use tokio::time::Instant;

use super::attempt::Outcome;
use super::classify::Class;
use super::deadline::Deadline;
use super::{Instances, backoff, retry_after};
use crate::config::RetryPolicy;
use crate::random::Random;

/// The attempts of one call.
pub(crate) struct Retry<'a> {
    policy: Option<Cow<'a, RetryPolicy>>,
    idempotent: bool,
    made: u32,
    tried: Vec<Arc<str>>,
}

impl<'a> Retry<'a> {
    pub(crate) fn new(policy: Option<Cow<'a, RetryPolicy>>, idempotent: bool) -> Self {
        Self { policy, idempotent, made: 0, tried: Vec::new() }
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
        self.policy.as_deref().map_or(&[], |policy| &policy.on)
    }

    /// How long to wait before the next attempt; `None` when this outcome is the last.
    pub(crate) fn next(
        &mut self,
        class: Class,
        outcome: &Outcome,
        address: &Arc<str>,
        instances: &Instances,
        deadline: Deadline,
        random: &Random,
    ) -> Option<Duration> {
        self.made += 1;
        let policy = self.policy.as_deref()?;
        if !class.may_repeat(self.idempotent) || self.made > policy.times {
            return None;
        }
        self.tried.push(Arc::clone(address));
        let delay = if class == Class::NotSent && instances.has_untried(&self.tried) {
            Duration::ZERO
        } else {
            backoff::delay(policy, self.made - 1, random).max(hint(outcome).unwrap_or_default())
        };
        // An attempt that could not even begin in time is an error already known.
        (delay < deadline.remaining(Instant::now())).then_some(delay)
    }
}

/// What the server asks in `Retry-After`: a floor for the delay.
pub(crate) fn hint(outcome: &Outcome) -> Option<Duration> {
    let answered = outcome.as_ref().ok()?;
    retry_after::parse(answered.headers.get(RETRY_AFTER)?, SystemTime::now())
}
