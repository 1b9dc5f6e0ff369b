//! One call's overrides.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::{
    Backoff, BreakerPolicy, LONGEST, Limits, RetryPolicy, SHORTEST, check_retries, header_value,
    shown_address,
};
use crate::context::is_of_every_attempt;
use crate::{Error, ErrorKind};

/// Overrides for the calls of one handle, or for one untyped call.
///
/// They win over every attribute and every setting. A mistake in a value is an error of the call.
///
/// A method under `#[publish]` sends no request: its event heeds [`timeout`](Self::timeout) and [`header`](Self::header), and
/// the other options have no effect on it.
///
/// ```
/// use std::time::Duration;
/// use trunkline::CallOptions;
///
/// let options = CallOptions::new().timeout(Duration::from_secs(2)).retries(0).header("x-tenant", "a");
/// assert!(format!("{options:?}").contains("x-tenant"));
/// ```
#[derive(Clone, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retries: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) breaker: Option<bool>,
    pub(crate) headers: HeaderMap,
    pub(crate) idempotency_key: Option<HeaderValue>,
    pub(crate) base_url: Option<String>,
    pub(crate) mistake: Option<Error>,
}

impl CallOptions {
    /// Options that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds the whole call, 1 ms to 24 h.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.check_duration("timeout", timeout);
        self.timeout = Some(timeout);
        self
    }

    /// Bounds each attempt up to the response's head, 1 ms to 24 h.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.check_duration("attempt_timeout", timeout);
        self.attempt_timeout = Some(timeout);
        self
    }

    /// How often to try again after the first attempt, at most 100 times; 0 turns retries off.
    pub fn retries(mut self, times: u32) -> Self {
        if let Err(expected) = check_retries(times) {
            let message = format!("`retries` of the call is {times}; expected {expected}");
            self.mistake = Some(Error::new(ErrorKind::Config, message));
        }
        self.retries = Some(times);
        self
    }

    /// How the delay between attempts grows.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// Whether the call asks and feeds the breakers. `true` brings the default policy back where the settings or an
    /// attribute turned them off.
    pub fn breaker(mut self, on: bool) -> Self {
        self.breaker = Some(on);
        self
    }

    /// Sends this header, instead of any other value that it would have. `x-request-timeout-ms` and `x-retry-attempt` are
    /// what they are: each is an error of the call.
    ///
    /// An event has it too, by its name in lower case; one that no event may have, as `traceparent`, is an error of the
    /// publish.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match parse_header(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(mistake) => self.mistake = Some(mistake),
        }
        self
    }

    /// Declares the call safe to repeat, under this key in `Idempotency-Key`.
    pub fn idempotency_key(mut self, key: impl AsRef<str>) -> Self {
        match parse_header("idempotency-key", key.as_ref()) {
            Ok((_, value)) => self.idempotency_key = Some(value),
            Err(mistake) => self.mistake = Some(mistake),
        }
        self
    }

    /// Goes to this address instead of where the service is.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// These options, and the others where they say something.
    pub(crate) fn and(&self, stronger: Self) -> Self {
        let mut headers = self.headers.clone();
        for name in stronger.headers.keys() {
            headers.remove(name);
        }
        headers.extend(stronger.headers);
        Self {
            timeout: stronger.timeout.or(self.timeout),
            attempt_timeout: stronger.attempt_timeout.or(self.attempt_timeout),
            retries: stronger.retries.or(self.retries),
            backoff: stronger.backoff.or(self.backoff),
            breaker: stronger.breaker.or(self.breaker),
            headers,
            idempotency_key: stronger.idempotency_key.or_else(|| self.idempotency_key.clone()),
            base_url: stronger.base_url.or_else(|| self.base_url.clone()),
            mistake: self.mistake.clone().or(stronger.mistake),
        }
    }

    /// These limits as the call changes them; `None` where it changes none, as most do.
    pub(crate) fn change(&self, limits: &Limits) -> Option<Box<Limits>> {
        let durations = self.timeout.or(self.attempt_timeout);
        let changes = durations.is_some() || self.changes_retry() || self.breaker.is_some();
        changes.then(|| {
            Box::new(Limits {
                timeout: self.timeout.unwrap_or(limits.timeout),
                attempt_timeout: self.attempt_timeout.or(limits.attempt_timeout),
                retry: self.change_retry(limits.retry.clone()),
                breaker: self.change_breaker(limits.breaker),
            })
        })
    }

    fn change_breaker(&self, policy: Option<BreakerPolicy>) -> Option<BreakerPolicy> {
        match self.breaker {
            None => policy,
            Some(true) => Some(policy.unwrap_or_default()),
            Some(false) => None,
        }
    }

    fn changes_retry(&self) -> bool {
        self.retries.is_some() || self.backoff.is_some()
    }

    /// Retries of a call's own wish bring back a policy that the settings turned off.
    fn change_retry(&self, policy: Option<RetryPolicy>) -> Option<RetryPolicy> {
        let wished = policy.is_some() || self.retries.is_some();
        let mut policy = policy.unwrap_or_default();
        policy.times = self.retries.unwrap_or(policy.times);
        policy.backoff = self.backoff.unwrap_or(policy.backoff);
        wished.then_some(policy)
    }

    fn check_duration(&mut self, name: &str, duration: Duration) {
        if !(SHORTEST..=LONGEST).contains(&duration) {
            let message = format!("`{name}` of the call is {duration:?}; it must be from 1 ms to 24 h");
            self.mistake = Some(Error::new(ErrorKind::Config, message));
        }
    }
}

/// A header by its text; the error names it and never shows its value.
pub(crate) fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        let message = format!(
            "`{}` is not a header name: letters, digits and !#$%&'*+-.^_`|~ are allowed",
            name.escape_debug()
        );
        Error::new(ErrorKind::Request, message)
    })?;
    if is_of_every_attempt(&parsed) {
        let message = format!(
            "the header `{parsed}` is written by each attempt of a call; leave it out, or set the call's timeout and retries"
        );
        return Err(Error::new(ErrorKind::Request, message));
    }
    let value = header_value(value).map_err(|expected| {
        let message = format!("the value of the header `{parsed}` is not legal; expected {expected}");
        Error::new(ErrorKind::Request, message)
    })?;
    Ok((parsed, value))
}

impl fmt::Debug for CallOptions {
    /// Names the headers, never their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("retries", &self.retries)
            .field("backoff", &self.backoff)
            .field("breaker", &self.breaker)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("base_url", &self.base_url.as_deref().map(shown_address))
            .finish_non_exhaustive()
    }
}
