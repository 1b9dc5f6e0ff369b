//! The immutable tuning values of a call.

use std::time::Duration;

use http::StatusCode;

/// How the delay before the next attempt grows; full jitter is taken under it in all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backoff {
    /// `delay · 2^n`.
    #[default]
    Exponential,
    /// `delay · (n + 1)`.
    Linear,
    /// `delay`, always.
    Fixed,
}

/// When and how often a call is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The tries after the first. 3 unless set.
    pub times: u32,
    /// How the delay grows. Exponential unless set.
    pub backoff: Backoff,
    /// The bound of the first delay. 100 ms unless set.
    pub delay: Duration,
    /// The bound of every delay. 5 s unless set.
    pub max_delay: Duration,
    /// Statuses that are retried beside 408, 425, 429, 500, 502, 503 and 504.
    pub on: Vec<StatusCode>,
}

/// When the breaker of an instance opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Consecutive failures that open it. 5 unless set.
    pub failures: u32,
    /// The longest time that it stays open. 60 s unless set.
    pub max_open: Duration,
}

/// Which keys an envelope has, and which codes are a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopePolicy {
    /// The key of the value. `data` unless set.
    pub data: String,
    /// The key of the code. `code` unless set.
    pub code: String,
    /// The key of the message. `message` unless set.
    pub message: String,
    /// The codes of a success, numbers as their digits. `0`, `200` and `0000` unless set.
    pub ok: Vec<String>,
}
