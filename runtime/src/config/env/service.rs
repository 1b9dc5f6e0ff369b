//! A service's own names: `{SVC}_URL`, `_TIMEOUT`, `_RETRY`, `_CIRCUIT_BREAKER`, `_API_KEY`.

use url::Url;

use super::names::{SERVICE_API_KEY, SERVICE_BREAKER, SERVICE_RETRY, SERVICE_TIMEOUT, URL, service_prefix};
use super::{EnvSnapshot, value};
use crate::config::base_url::base_url;
use crate::config::duration::parse_seconds;
use crate::config::secret::{Credential, Secret};
use crate::config::settings::{BreakerSettings, RetrySettings, Settings};
use crate::error::Error;

impl EnvSnapshot {
    /// What the names of a service say about it.
    ///
    /// # Errors
    /// `Config`, which names the variable, the value (never that of a key) and what is allowed.
    pub(crate) fn service(&self, service: &str) -> Result<Settings, Error> {
        let Some(prefix) = service_prefix(service) else {
            return Ok(Settings::default());
        };
        let name = |suffix: &str| format!("{prefix}{suffix}");
        let times = self.read_first(&SERVICE_RETRY.map(name), value::retries)?;
        Ok(Settings {
            urls: self.read_url(&name(URL), urls)?,
            timeout: self.read(&name(SERVICE_TIMEOUT), parse_seconds)?,
            retry: RetrySettings {
                enabled: times.map(|_| true),
                times,
                ..RetrySettings::default()
            },
            breaker: BreakerSettings {
                enabled: self.read(&name(SERVICE_BREAKER), value::boolean)?,
                ..BreakerSettings::default()
            },
            credential: self
                .read_secret(&name(SERVICE_API_KEY), Secret::parse)?
                .map(Credential::Key),
            ..Settings::default()
        })
    }
}

const NO_EMPTY: &str = "addresses with a comma between two of them, and no empty entry";

/// One address or several, comma separated.
fn urls(text: &str) -> Result<Vec<Url>, &'static str> {
    text.split(',')
        .map(|url| match url.trim() {
            "" if !text.trim().is_empty() => Err(NO_EMPTY),
            url => base_url(url),
        })
        .collect()
}
