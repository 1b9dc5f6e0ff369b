//! The immutable tuning values of a call.

use std::time::Duration;

use http::StatusCode;

/// The bound of the delay before retry `n`, counted from 0, which is never above [`RetryPolicy::max_delay`]. The delay
/// itself is random between zero and that bound (full jitter), so that clients that failed together do not come again
/// together.
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
///
/// ```
/// use std::time::Duration;
/// use trunkline::RetryPolicy;
///
/// let patient = RetryPolicy { times: 5, max_delay: Duration::from_secs(30), ..RetryPolicy::default() };
/// assert_eq!(patient.delay, Duration::from_millis(100));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The tries after the first, at most 100. 3 unless set.
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

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            times: 3,
            backoff: Backoff::Exponential,
            delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(5),
            on: Vec::new(),
        }
    }
}

/// When the breaker of an instance opens, and for how long.
///
/// It opens after so many failures in a row, or where fewer than 80 % of at least 20 calls of the last 10 s succeeded. It
/// is open for 1 s, twice as long after each probe that fails, up to `max_open`; each time 10 % more or less, at random. Then
/// one call is let through as a probe: its success closes the breaker. A status below 500 is no failure, nor is a deadline
/// that the caller brought along and that was too short.
///
/// ```
/// use std::time::Duration;
/// use trunkline::BreakerPolicy;
///
/// let strict = BreakerPolicy { failures: 2, ..BreakerPolicy::default() };
/// assert_eq!(strict.max_open, Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// The failures in a row that open it. 5 unless set.
    pub failures: u32,
    /// The longest time that it stays open without a probe. 60 s unless set.
    pub max_open: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures: 5,
            max_open: Duration::from_secs(60),
        }
    }
}

/// Which keys an envelope has, and which codes are a success.
///
/// ```
/// use trunkline::EnvelopePolicy;
///
/// let ours = EnvelopePolicy { data: "result".into(), ..EnvelopePolicy::default() };
/// assert_eq!(ours.code, "code");
/// assert_eq!(ours.ok, ["0", "200", "0000"]);
/// ```
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

impl Default for EnvelopePolicy {
    fn default() -> Self {
        Self {
            data: "data".to_owned(),
            code: "code".to_owned(),
            message: "message".to_owned(),
            ok: ["0", "200", "0000"].map(str::to_owned).to_vec(),
        }
    }
}
