//! That a call may be sent, and the way back of what became of it.

use tokio::time::Instant;

use super::{Breaker, is_closed};
use crate::BreakerPolicy;
use crate::random::Random;

/// That a call may be sent; what became of it goes back through here.
///
/// Dropped without a verdict it changes nothing, and a probe is given back: another caller may probe at once.
#[must_use = "a permit that is dropped at once says nothing about the call"]
pub(crate) struct Permit<'a> {
    pub(super) breaker: &'a Breaker,
    pub(super) random: &'a Random,
    pub(super) policy: &'a BreakerPolicy,
    pub(super) generation: u32,
}

impl Permit<'_> {
    /// The instance served the call.
    #[inline]
    pub(crate) fn success(self, now: Instant) {
        self.breaker.succeed(self.generation, now);
    }

    /// The instance did not serve the call; says whether this made the breaker open.
    #[inline]
    pub(crate) fn failure(self, now: Instant) -> bool {
        self.breaker.fail(&self, now)
    }

    /// Whether this call finds out for all others whether the instance is well again.
    pub(crate) fn is_probe(&self) -> bool {
        !is_closed(self.generation)
    }
}

impl Drop for Permit<'_> {
    /// After a verdict the probe's generation is over, and there is nothing to give back.
    fn drop(&mut self) {
        if self.is_probe() {
            self.breaker.give_back(self.generation);
        }
    }
}
