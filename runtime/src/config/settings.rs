//! What one level says: a service, one of its endpoints, or the client for all of them.

use std::time::Duration;

use http::StatusCode;
use url::Url;

use super::headers::Headers;
use super::policy::{Backoff, BreakerPolicy, EnvelopePolicy, RetryPolicy};
use super::secret::Credential;

/// The settings of one level; `None` leaves the question to a weaker one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) urls: Option<Vec<Url>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) retry: RetrySettings,
    pub(crate) breaker: BreakerSettings,
    pub(crate) credential: Option<Credential>,
    pub(crate) headers: Headers,
    /// `Some(None)` is "off".
    #[expect(
        clippy::option_option,
        reason = "the outer one is \"said here\", as of every field; the inner one is the policy's own"
    )]
    pub(crate) envelope: Option<Option<EnvelopePolicy>>,
    pub(crate) health_path: Option<String>,
    pub(crate) redirects: Option<u32>,
}

/// What one level says about retries. Whether they are on is a field like the others, so that a level that turns them
/// on again finds the figures of weaker levels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RetrySettings {
    pub(crate) enabled: Option<bool>,
    pub(crate) times: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) delay: Option<Duration>,
    pub(crate) max_delay: Option<Duration>,
    pub(crate) on: Option<Vec<StatusCode>>,
}

/// What one level says about the breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BreakerSettings {
    pub(crate) enabled: Option<bool>,
    pub(crate) failures: Option<u32>,
    pub(crate) max_open: Option<Duration>,
}

impl Settings {
    /// These over weaker ones, field by field.
    pub(crate) fn or(self, weaker: &Self) -> Self {
        let weaker = weaker.clone();
        let has_credential = self.credential.is_some();
        let credential = match self.credential {
            Some(credential) => Some(credential.or(weaker.credential)),
            None => weaker.credential,
        };
        // A credential takes the place of a weaker header that carries one.
        let weaker_headers = match &credential {
            Some(credential) if has_credential => weaker.headers.without(&credential.header_names()),
            Some(_) | None => weaker.headers,
        };
        Self {
            urls: self.urls.or(weaker.urls),
            timeout: self.timeout.or(weaker.timeout),
            attempt_timeout: self.attempt_timeout.or(weaker.attempt_timeout),
            connect_timeout: self.connect_timeout.or(weaker.connect_timeout),
            idle_timeout: self.idle_timeout.or(weaker.idle_timeout),
            retry: self.retry.or(weaker.retry),
            breaker: self.breaker.or(weaker.breaker),
            credential,
            headers: self.headers.or(weaker_headers),
            envelope: self.envelope.or(weaker.envelope),
            health_path: self.health_path.or(weaker.health_path),
            redirects: self.redirects.or(weaker.redirects),
        }
    }
}

impl RetrySettings {
    /// No second try, whatever weaker levels say.
    pub(crate) fn off() -> Self {
        Self {
            enabled: Some(false),
            ..Self::default()
        }
    }

    fn or(self, weaker: Self) -> Self {
        Self {
            enabled: self.enabled.or(weaker.enabled),
            times: self.times.or(weaker.times),
            backoff: self.backoff.or(weaker.backoff),
            delay: self.delay.or(weaker.delay),
            max_delay: self.max_delay.or(weaker.max_delay),
            on: self.on.or(weaker.on),
        }
    }
}

impl From<RetryPolicy> for RetrySettings {
    fn from(policy: RetryPolicy) -> Self {
        Self {
            enabled: Some(true),
            times: Some(policy.times),
            backoff: Some(policy.backoff),
            delay: Some(policy.delay),
            max_delay: Some(policy.max_delay),
            on: Some(policy.on),
        }
    }
}

impl BreakerSettings {
    /// No breaker, whatever weaker levels say.
    pub(crate) fn off() -> Self {
        Self {
            enabled: Some(false),
            ..Self::default()
        }
    }

    fn or(self, weaker: Self) -> Self {
        Self {
            enabled: self.enabled.or(weaker.enabled),
            failures: self.failures.or(weaker.failures),
            max_open: self.max_open.or(weaker.max_open),
        }
    }
}

impl From<BreakerPolicy> for BreakerSettings {
    fn from(policy: BreakerPolicy) -> Self {
        Self {
            enabled: Some(true),
            failures: Some(policy.failures),
            max_open: Some(policy.max_open),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

    use super::*;
    use crate::config::secret::Secret;

    /// Every field set, to something that depends on the number.
    fn full(number: u32) -> Settings {
        let time = Duration::from_secs(number.into());
        let mut headers = Headers::default();
        headers.set(HeaderName::from_static("x-a"), HeaderValue::from(number));
        Settings {
            urls: Some(vec![format!("http://host:{number}").parse().expect("a URL")]),
            timeout: Some(time),
            attempt_timeout: Some(time),
            connect_timeout: Some(time),
            idle_timeout: Some(time),
            retry: RetrySettings::from(RetryPolicy {
                times: number,
                backoff: if number == 1 {
                    Backoff::Linear
                } else {
                    Backoff::Fixed
                },
                delay: time,
                max_delay: time,
                on: vec![StatusCode::CONFLICT; number as usize],
            }),
            breaker: BreakerSettings::from(BreakerPolicy {
                failures: number,
                max_open: time,
            }),
            credential: Some(Credential::Bearer(
                Secret::parse(&number.to_string()).expect("a legal key"),
            )),
            headers,
            envelope: Some(Some(EnvelopePolicy {
                data: number.to_string(),
                ..EnvelopePolicy::default()
            })),
            health_path: Some(format!("/{number}")),
            redirects: Some(number),
        }
    }

    #[test]
    fn every_field_wins_and_every_field_is_inherited() {
        assert_eq!(full(1).or(&full(2)), full(1));
        assert_eq!(full(1).or(&Settings::default()), full(1));
        assert_eq!(Settings::default().or(&full(2)), full(2));
    }

    #[test]
    fn off_wins_over_the_figures_of_a_weaker_source() {
        let off = Settings {
            retry: RetrySettings::off(),
            breaker: BreakerSettings::off(),
            envelope: Some(None),
            ..Settings::default()
        };
        let merged = off.or(&full(1));
        assert_eq!(
            (merged.retry.enabled, merged.breaker.enabled),
            (Some(false), Some(false))
        );
        assert_eq!(merged.envelope, Some(None));
    }

    #[test]
    fn a_credential_takes_the_place_of_a_weaker_header_that_carries_one() {
        let mut weaker = Settings::default();
        weaker
            .headers
            .set(AUTHORIZATION, HeaderValue::from_static("Basic x"));
        assert!(!full(1).or(&weaker).headers.contains(&AUTHORIZATION));
        assert!(Settings::default().or(&weaker).headers.contains(&AUTHORIZATION));
    }
}
