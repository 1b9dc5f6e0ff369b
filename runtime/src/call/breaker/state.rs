//! A breaker that is not closed: how long it waits, and who has the probe.

use std::time::Duration;

use tokio::time::Instant;

use super::Refused;
use crate::BreakerPolicy;
use crate::random::Random;

/// The first open time; it doubles until a probe succeeds.
const FIRST_OPEN: Duration = Duration::from_secs(1);

/// How far the open time is off at random, either way, so that many clients do not probe at once.
const JITTER: f64 = 0.1;

/// The longest hint while a probe is out: its outcome is usually known long before its lease ends.
const PROBE_HINT: Duration = Duration::from_secs(1);

/// A lease that the clock cannot express is this long.
const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a breaker knows beyond being closed; kept under its lock.
#[derive(Debug)]
pub(super) struct Tripped {
    pub(super) phase: Phase,
    /// How often it has opened since a probe last succeeded.
    times: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// Open until then; half-open from then on, the probe there to be had.
    Waiting { until: Instant },
    /// Half-open, the probe out.
    Probing {
        /// Since when it may be probed.
        since: Instant,
        lease_ends: Instant,
        /// How long it is open next if the probe fails; drawn ahead, so that time alone decides when a lease is over.
        reopen: Duration,
    },
}

impl Tripped {
    /// As it is while the breaker is closed, when nobody looks at the phase.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Waiting { until: now },
            times: 0,
        }
    }

    pub(super) fn open(&mut self, policy: &BreakerPolicy, now: Instant, random: &Random) {
        self.wait(now, open_time(policy, self.times, random));
    }

    pub(super) fn lease(
        &mut self,
        policy: &BreakerPolicy,
        now: Instant,
        lease: Duration,
        random: &Random,
    ) -> Result<(), Refused> {
        match self.phase {
            Phase::Waiting { until } if now < until => Err(Refused {
                retry_after: until - now,
            }),
            Phase::Waiting { until } => {
                self.phase = Phase::Probing {
                    since: until,
                    lease_ends: later(now, lease),
                    reopen: open_time(policy, self.times, random),
                };
                Ok(())
            }
            Phase::Probing { lease_ends, .. } => Err(Refused {
                retry_after: (lease_ends - now).min(PROBE_HINT),
            }),
        }
    }

    /// Opens again, from when the lease ended, if it has.
    pub(super) fn end_lease(&mut self, now: Instant) -> bool {
        match self.phase {
            Phase::Probing {
                lease_ends, reopen, ..
            } if lease_ends <= now => {
                self.wait(lease_ends, reopen);
                true
            }
            Phase::Probing { .. } | Phase::Waiting { .. } => false,
        }
    }

    pub(super) fn fail_probe(&mut self, now: Instant) -> bool {
        let Phase::Probing { reopen, .. } = self.phase else {
            return false;
        };
        self.wait(now, reopen);
        true
    }

    pub(super) fn give_back(&mut self) -> bool {
        let Phase::Probing { since, .. } = self.phase else {
            return false;
        };
        self.phase = Phase::Waiting { until: since };
        true
    }

    fn wait(&mut self, from: Instant, time: Duration) {
        let until = later(from, time);
        self.phase = Phase::Waiting { until };
        self.times = self.times.saturating_add(1);
    }
}

/// `1 s · 2^times`, a tenth more or less, never more than the policy's most.
fn open_time(policy: &BreakerPolicy, times: u32, random: &Random) -> Duration {
    let time = FIRST_OPEN.saturating_mul(1 << times.min(31)).min(policy.max_open);
    let shortest = time.mul_f64(1.0 - JITTER);
    let longest = time.mul_f64(1.0 + JITTER).min(policy.max_open);
    shortest + longest.saturating_sub(shortest).mul_f64(random.unit())
}

fn later(from: Instant, by: Duration) -> Instant {
    from.checked_add(by).unwrap_or(from + LONGEST_LEASE)
}
