//! Until when does the call matter? The earlier of its own timeout and of whoever called us.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Error, ErrorKind};

/// One point in time for everything below.
#[derive(Debug)]
pub(crate) struct Deadline {
    at: Instant,
    begun: Instant,
    timeout: Duration,
    inherited: bool,
}

impl Deadline {
    /// The deadline of a call that started at `now`.
    pub(crate) fn new(timeout: Duration, inherited: Option<Instant>, now: Instant) -> Self {
        let own = now + timeout;
        let at = inherited.map_or(own, |inherited| inherited.min(own));
        Self {
            at,
            begun: now,
            timeout,
            inherited: at < own,
        }
    }

    /// One that had passed when the call started is an error, and nothing is sent.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.at <= self.begun {
            Err(self.exceeded())
        } else {
            Ok(())
        }
    }

    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    pub(crate) fn remaining(&self, now: Instant) -> Duration {
        // The first attempt of most calls; comparing is cheaper than subtracting.
        if now == self.begun && !self.inherited {
            self.timeout
        } else {
            self.at.saturating_duration_since(now)
        }
    }

    /// Whether somebody else's deadline ends this call: its passing says nothing about the server.
    pub(crate) fn is_inherited(&self) -> bool {
        self.inherited
    }

    pub(crate) fn exceeded(&self) -> Error {
        let message = if self.inherited {
            "the deadline inherited from the caller has passed".into()
        } else {
            format!("no answer within the call's timeout of {:?}", self.timeout)
        };
        Error::new(ErrorKind::DeadlineExceeded, message)
    }
}
