//! Settings in code: of a service, of one of its endpoints, or of all services.

use std::borrow::Cow;
use std::time::Duration;

use super::base_url::base_url;
use super::check::{ABOVE_ZERO, check_health_path, check_retries, retried_status};
use super::duration::{check_delay, check_duration};
use super::headers::{header_name, header_value};
use super::mistake::without_credentials;
use super::policy::{Backoff, BreakerPolicy, EnvelopePolicy, RetryPolicy};
use super::secret::{Credential, Secret};
use super::settings::{BreakerSettings, RetrySettings, Settings};
use crate::by_name::ByName;

mod check;

/// What code says about a service, or about one endpoint of it; what it leaves out is for weaker levels to say.
///
/// Every method can be called in any order and none fails: a value that is not allowed is an error of the client's
/// `build`, or of `configure`, which names the service, the setting, the value and what is allowed. Times are from
/// 1 ms to 24 h. `Debug` shows no credential and no header's value.
///
/// ```
/// use std::time::Duration;
/// use trunkline::ServiceConfig;
///
/// let config = ServiceConfig::new()
///     .url("http://10.0.0.1:8083")
///     .url("http://10.0.0.2:8083")
///     .timeout(Duration::from_secs(120))
///     .api_key("hunter2")
///     .endpoint("chat", ServiceConfig::new().retries(1));
/// assert!(!format!("{config:?}").contains("hunter2"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceConfig {
    settings: Settings,
    endpoints: ByName<ServiceConfig>,
    /// The first value that was not allowed. It is kept, not returned, so that the setters chain.
    mistake: Option<Mistake>,
    /// Whether the next `url` starts a new list.
    urls_are_of_earlier: bool,
}

/// A value that was not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mistake {
    key: Cow<'static, str>,
    /// `None` where it is, or may hold, a secret.
    value: Option<String>,
    expected: &'static str,
}

const ENVELOPE_KEYS: &str = "keys that are not empty and at least one code";

impl ServiceConfig {
    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an instance: `http` or `https`, a host, perhaps a port and a path.
    ///
    /// Without any, its calls are [`Discovery`](crate::ErrorKind::Discovery) errors: looking a service up by its name comes
    /// with a later version. In `configure` the first one starts a new list.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        if std::mem::take(&mut self.urls_are_of_earlier) {
            self.settings.urls = None;
        }
        let url = url.into();
        match base_url(&url) {
            Ok(url) => self.settings.urls.get_or_insert_default().push(url),
            Err(expected) => self.note("url", Some(without_credentials(&url)), expected),
        }
        self
    }

    /// Sets the instances, in place of those before.
    pub fn urls(mut self, urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.urls_are_of_earlier = false;
        self.settings.urls = None;
        urls.into_iter().fold(self, Self::url)
    }

    /// The bound of a whole call: queueing, attempts, delays, body. 30 s unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(self.checked("timeout", timeout));
        self
    }

    /// The bound of one attempt up to the head of its response; not above the timeout. None unless set.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = Some(self.checked("attempt_timeout", timeout));
        self
    }

    /// The bound of making a connection. 1 s unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = Some(self.checked("connect_timeout", timeout));
        self
    }

    /// The longest silence between two pieces of a body. 30 s unless set.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.idle_timeout = Some(self.checked("idle_timeout", timeout));
        self
    }

    /// Turns retries on, so many tries after the first attempt, 0 to 100. 3 unless set.
    pub fn retries(mut self, times: u32) -> Self {
        self.check_retries(times);
        self.settings.retry.enabled = Some(true);
        self.settings.retry.times = Some(times);
        self
    }

    /// Everything about retries at once.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        for status in &policy.on {
            if let Err(expected) = retried_status(status.as_u16()) {
                self.note("retry.on", Some(status.as_u16().to_string()), expected);
            }
        }
        self.check_retries(policy.times);
        let mut config = self.retry_delay(policy.delay).retry_max_delay(policy.max_delay);
        config.settings.retry = RetrySettings::from(policy);
        config
    }

    /// One attempt a call.
    pub fn no_retry(mut self) -> Self {
        self.settings.retry.enabled = Some(false);
        self
    }

    /// How the delay before the next attempt grows. Exponential unless set. Does not turn retries on.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.retry.backoff = Some(backoff);
        self
    }

    /// The bound of the first delay, from 0 to 24 h; not above the bound of every delay. 100 ms unless set.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        if let Err(expected) = check_delay(delay) {
            self.note("retry_delay", Some(format!("{delay:?}")), expected);
        }
        self.settings.retry.delay = Some(delay);
        self
    }

    /// The bound of every delay, from 0 to 24 h. 5 s unless set.
    pub fn retry_max_delay(mut self, delay: Duration) -> Self {
        if let Err(expected) = check_delay(delay) {
            self.note("retry_max_delay", Some(format!("{delay:?}")), expected);
        }
        self.settings.retry.max_delay = Some(delay);
        self
    }

    /// When the breaker of an instance opens, and for how long.
    pub fn breaker(mut self, policy: BreakerPolicy) -> Self {
        if policy.failures == 0 {
            self.note("breaker.failures", Some("0".to_owned()), ABOVE_ZERO);
        }
        let max_open = Some(self.checked("breaker.max_open", policy.max_open));
        self.settings.breaker = BreakerSettings {
            max_open,
            ..BreakerSettings::from(policy)
        };
        self
    }

    /// Calls go out whatever the last ones met.
    pub fn no_breaker(mut self) -> Self {
        self.settings.breaker.enabled = Some(false);
        self
    }

    /// Sends `Authorization: Bearer …` along.
    pub fn api_key(self, key: impl AsRef<str>) -> Self {
        self.credential("api_key", key.as_ref(), Credential::Bearer)
    }

    /// Sends `X-API-Key: …` along.
    pub fn api_key_header(self, key: impl AsRef<str>) -> Self {
        self.credential("api_key_header", key.as_ref(), Credential::ApiKey)
    }

    /// Sends `X-API-Key: …` and `X-API-Secret: …` along.
    pub fn api_key_and_secret(mut self, key: impl AsRef<str>, secret: impl AsRef<str>) -> Self {
        match Secret::parse(secret.as_ref()) {
            Ok(secret) => self.credential("api_key_and_secret", key.as_ref(), |key| {
                Credential::ApiKeyAndSecret(key, secret)
            }),
            Err(expected) => {
                self.note("api_key_and_secret", None, expected);
                self
            }
        }
    }

    /// Sends `X-Internal-Token: …` along.
    pub fn internal_token(self, token: impl AsRef<str>) -> Self {
        self.credential("internal_token", token.as_ref(), Credential::InternalToken)
    }

    /// Sends a header along, in place of one of that name set before.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        match (header_name(name), header_value(value)) {
            (Ok(name), Ok(value)) => self.settings.headers.set(name, value),
            (Err(expected), _) => self.note("the name of a header", Some(name.to_owned()), expected),
            // The value of a header may be a credential.
            (Ok(name), Err(expected)) => self.note(format!("header {name}"), None, expected),
        }
        self
    }

    /// Unwraps envelopes of both known shapes. Off unless set.
    pub fn envelope(self) -> Self {
        self.envelope_keys(EnvelopePolicy::default())
    }

    /// Unwraps envelopes with keys of their own.
    pub fn envelope_keys(mut self, policy: EnvelopePolicy) -> Self {
        let keys = [&policy.data, &policy.code, &policy.message];
        if policy.ok.is_empty() || keys.iter().any(|key| key.is_empty()) {
            self.note("envelope_keys", Some(format!("{policy:?}")), ENVELOPE_KEYS);
        }
        self.settings.envelope = Some(Some(policy));
        self
    }

    /// Takes bodies as they are.
    pub fn no_envelope(mut self) -> Self {
        self.settings.envelope = Some(None);
        self
    }

    /// Where the service says how it is. `/health` unless set.
    pub fn health_path(mut self, path: impl Into<String>) -> Self {
        let path = path.into();
        match check_health_path(&path) {
            Ok(()) => self.settings.health_path = Some(path),
            Err(expected) => self.note("health_path", Some(path), expected),
        }
        self
    }

    /// How many redirects an attempt follows; 0 follows none. 10 unless set.
    ///
    /// Another server gets what says nothing of the caller: `Accept…`, `Content-…`, `If-…`, `Range`, `User-Agent`, the
    /// headers of the context but `baggage`, and the key of an idempotent call. Every other header stays behind.
    pub fn redirects(mut self, redirects: u32) -> Self {
        self.settings.redirects = Some(redirects);
        self
    }

    /// What holds for one endpoint, named by its method; field by field over what was said about it before.
    ///
    /// An endpoint has no URL, no connect timeout, no health path and no endpoints of its own.
    pub fn endpoint(mut self, name: impl Into<String>, config: Self) -> Self {
        let name = name.into();
        let endpoint = self.endpoints.entry(&name);
        *endpoint = config.or(endpoint);
        self
    }

    fn or(self, weaker: &Self) -> Self {
        let mut endpoints = weaker.endpoints.clone();
        for (name, config) in self.endpoints {
            endpoints.insert(name, config);
        }
        Self {
            settings: self.settings.or(&weaker.settings),
            endpoints,
            mistake: self.mistake.or_else(|| weaker.mistake.clone()),
            urls_are_of_earlier: false,
        }
    }

    fn note(&mut self, key: impl Into<Cow<'static, str>>, value: Option<String>, expected: &'static str) {
        let key = key.into();
        self.mistake.get_or_insert(Mistake { key, value, expected });
    }

    fn check_retries(&mut self, times: u32) {
        if let Err(expected) = check_retries(times) {
            self.note("retry.times", Some(times.to_string()), expected);
        }
    }

    fn checked(&mut self, key: &'static str, duration: Duration) -> Duration {
        if let Err(expected) = check_duration(duration) {
            self.note(key, Some(format!("{duration:?}")), expected);
        }
        duration
    }

    fn credential(mut self, key: &'static str, text: &str, make: impl FnOnce(Secret) -> Credential) -> Self {
        match Secret::parse(text) {
            Ok(secret) => self.settings.credential = Some(make(secret)),
            Err(expected) => self.note(key, None, expected),
        }
        self
    }
}

#[cfg(test)]
mod tests;
