//! What holds for one endpoint, once every level has been asked.

use std::time::Duration;

use super::headers::Headers;
use super::policy::{BreakerPolicy, EnvelopePolicy, RetryPolicy};
use super::secret::Credential;
use super::settings::{BreakerSettings, RetrySettings, Settings};

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const HEALTH_PATH: &str = "/health";
const REDIRECTS: u32 = 10;

/// The settings of a call, nothing left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) limits: Limits,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) envelope: Option<EnvelopePolicy>,
    /// Those of the credential included, marked sensitive.
    pub(crate) headers: Headers,
    pub(crate) health_path: String,
    pub(crate) redirects: u32,
}

/// What a call may change for itself: how long it may take, and how often it may try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    /// The rest of the call where there is none; the smaller of the two holds.
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) breaker: Option<BreakerPolicy>,
}

impl Policy {
    /// Lays the levels over each other, the most specific first, and the defaults under them.
    pub(crate) fn resolve(levels: &[&Settings]) -> Self {
        let settings = levels
            .iter()
            .fold(Settings::default(), |merged, level| merged.or(level));
        Self {
            connect_timeout: settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT),
            idle_timeout: settings.idle_timeout.unwrap_or(IDLE_TIMEOUT),
            headers: headers(&settings),
            limits: Limits {
                timeout: settings.timeout.unwrap_or(TIMEOUT),
                attempt_timeout: settings.attempt_timeout,
                retry: retry(settings.retry),
                breaker: breaker(settings.breaker),
            },
            envelope: settings.envelope.flatten(),
            health_path: settings.health_path.unwrap_or_else(|| HEALTH_PATH.to_owned()),
            redirects: settings.redirects.unwrap_or(REDIRECTS),
        }
    }
}

fn retry(settings: RetrySettings) -> Option<RetryPolicy> {
    let default = RetryPolicy::default();
    settings.enabled.unwrap_or(true).then(|| RetryPolicy {
        times: settings.times.unwrap_or(default.times),
        backoff: settings.backoff.unwrap_or(default.backoff),
        delay: settings.delay.unwrap_or(default.delay),
        max_delay: settings.max_delay.unwrap_or(default.max_delay),
        on: settings.on.unwrap_or(default.on),
    })
}

fn breaker(settings: BreakerSettings) -> Option<BreakerPolicy> {
    let default = BreakerPolicy::default();
    settings.enabled.unwrap_or(true).then(|| BreakerPolicy {
        failures: settings.failures.unwrap_or(default.failures),
        max_open: settings.max_open.unwrap_or(default.max_open),
    })
}

/// The headers, and those of the credential that no header of the same or a more specific level replaces.
fn headers(settings: &Settings) -> Headers {
    let mut headers = settings.headers.clone();
    let credential = settings.credential.iter().flat_map(Credential::headers);
    for (name, value) in credential {
        if !headers.contains(&name) {
            headers.add(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::config::policy::Backoff;
    use crate::config::secret::Secret;

    fn with_timeout(seconds: u64) -> Settings {
        Settings {
            timeout: Some(Duration::from_secs(seconds)),
            ..Settings::default()
        }
    }

    fn with_retry(retry: RetrySettings) -> Settings {
        Settings {
            retry,
            ..Settings::default()
        }
    }

    fn with_header(name: &'static str, value: &'static str) -> Settings {
        let mut settings = Settings::default();
        settings
            .headers
            .set(HeaderName::from_static(name), HeaderValue::from_static(value));
        settings
    }

    fn with_credential(make: impl FnOnce(Secret) -> Credential, key: &str) -> Settings {
        Settings {
            credential: Some(make(Secret::parse(key).expect("a legal key"))),
            ..Settings::default()
        }
    }

    fn shown(levels: &[&Settings]) -> Vec<(String, String)> {
        let policy = Policy::resolve(levels);
        let text = |value: &HeaderValue| value.to_str().expect("ASCII").to_owned();
        let mut shown: Vec<_> = policy
            .headers
            .as_slice()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        shown.sort();
        shown
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        expected.iter().map(own).collect()
    }

    #[test]
    fn has_the_defaults_of_the_design() {
        let expected = Policy {
            limits: Limits {
                timeout: Duration::from_secs(30),
                attempt_timeout: None,
                retry: Some(RetryPolicy {
                    times: 3,
                    backoff: Backoff::Exponential,
                    delay: Duration::from_millis(100),
                    max_delay: Duration::from_secs(5),
                    on: Vec::new(),
                }),
                breaker: Some(BreakerPolicy {
                    failures: 5,
                    max_open: Duration::from_secs(60),
                }),
            },
            connect_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(30),
            envelope: None,
            headers: Headers::default(),
            health_path: "/health".to_owned(),
            redirects: 10,
        };
        assert_eq!(Policy::resolve(&[]), expected);
        assert_eq!(
            Policy::resolve(&[&Settings::default(), &Settings::default()]),
            expected
        );
    }

    #[test]
    fn the_more_specific_level_wins() {
        let check = |levels: &[&Settings], seconds| {
            assert_eq!(
                Policy::resolve(levels).limits.timeout,
                Duration::from_secs(seconds)
            );
        };
        check(&[&with_timeout(1), &with_timeout(2)], 1);
        check(&[&Settings::default(), &with_timeout(2), &with_timeout(3)], 2);
    }

    #[test]
    fn a_level_without_retries_hides_the_figures_of_weaker_ones() {
        let figures = with_retry(RetrySettings {
            times: Some(7),
            enabled: Some(true),
            ..RetrySettings::default()
        });
        assert_eq!(
            Policy::resolve(&[&with_retry(RetrySettings::off()), &figures])
                .limits
                .retry,
            None
        );
    }

    #[test]
    fn retries_turned_on_again_inherit_what_is_not_said() {
        let endpoint = with_retry(RetrySettings {
            enabled: Some(true),
            times: Some(1),
            ..RetrySettings::default()
        });
        let client = with_retry(RetrySettings {
            enabled: Some(true),
            times: Some(7),
            delay: Some(Duration::from_secs(1)),
            on: Some(vec![StatusCode::CONFLICT]),
            ..RetrySettings::default()
        });
        let policy = Policy::resolve(&[&endpoint, &with_retry(RetrySettings::off()), &client]);
        assert_eq!(
            policy.limits.retry,
            Some(RetryPolicy {
                times: 1,
                delay: Duration::from_secs(1),
                on: vec![StatusCode::CONFLICT],
                ..RetryPolicy::default()
            })
        );
    }

    #[test]
    fn a_breaker_can_be_off_and_on_again() {
        let off = Settings {
            breaker: BreakerSettings::off(),
            ..Settings::default()
        };
        let on = Settings {
            breaker: BreakerSettings {
                enabled: Some(true),
                failures: Some(2),
                ..BreakerSettings::default()
            },
            ..Settings::default()
        };
        assert_eq!(Policy::resolve(&[&off, &on]).limits.breaker, None);
        let breaker = Policy::resolve(&[&on, &off])
            .limits
            .breaker
            .expect("turned on again");
        assert_eq!((breaker.failures, breaker.max_open), (2, Duration::from_secs(60)));
    }

    #[test]
    fn an_envelope_that_is_off_hides_a_weaker_one() {
        let on = Settings {
            envelope: Some(Some(EnvelopePolicy::default())),
            ..Settings::default()
        };
        let off = Settings {
            envelope: Some(None),
            ..Settings::default()
        };
        assert_eq!(Policy::resolve(&[&off, &on]).envelope, None);
        assert_eq!(
            Policy::resolve(&[&Settings::default(), &on]).envelope,
            Some(EnvelopePolicy::default())
        );
    }

    #[test]
    fn headers_of_all_levels_go_along() {
        assert_eq!(
            shown(&[
                &with_header("x-a", "1"),
                &with_header("x-a", "2"),
                &with_header("x-b", "3")
            ]),
            pairs(&[("x-a", "1"), ("x-b", "3")])
        );
    }

    #[test]
    fn only_the_most_specific_credential_goes_along() {
        assert_eq!(
            shown(&[
                &with_credential(Credential::ApiKey, "k"),
                &with_credential(Credential::Bearer, "b")
            ]),
            pairs(&[("x-api-key", "k")])
        );
    }

    #[test]
    fn a_header_and_a_credential_of_one_name_follow_the_levels() {
        let header = with_header("authorization", "Basic x");
        let credential = with_credential(Credential::Bearer, "b");
        assert_eq!(
            shown(&[&header, &credential]),
            pairs(&[("authorization", "Basic x")])
        );
        assert_eq!(
            shown(&[&credential, &header]),
            pairs(&[("authorization", "Bearer b")])
        );
    }
}
