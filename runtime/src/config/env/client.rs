//! The names that hold for the whole client.

use std::env;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use http::uri::Scheme;
use url::Url;

use super::names::{
    BREAKER_FAILURES, BREAKER_MAX_OPEN, CACHE_TTL, CALLER, DNS_FALLBACK, DNS_PORT, DNS_SCHEME, ENVIRONMENT,
    GATEWAY_URL, LOGGING, MESSAGING_URL, METRICS, RETRY_DELAY, RETRY_TIMES, SERVICES, TIMEOUT,
};
use super::{EnvSnapshot, service_map, value};
use crate::by_name::ByName;
use crate::config::base_url::base_url;
use crate::config::duration::{parse_seconds, parse_seconds_or_zero};
use crate::config::settings::{BreakerSettings, RetrySettings, Settings};
use crate::error::Error;
use crate::events::addresses;

const ENVIRONMENTS: &str = "one of `development`, `testing`, `staging`, `production`";
const SCHEMES: &str = "`http` or `https`";
const MESSAGING: &str = "a URL that starts with `amqp://`, `amqps://`, `http://`, `https://`, or `memory:`";
const CALLER_NAME: &str = "a name of visible ASCII without spaces";

/// Where a process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Environment {
    #[default]
    Development,
    Testing,
    Staging,
    Production,
}

impl Environment {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Testing => "testing",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        [Self::Development, Self::Testing, Self::Staging, Self::Production]
            .into_iter()
            .find(|environment| environment.as_str() == text)
            .ok_or(ENVIRONMENTS)
    }
}

/// What the environment says to the client itself; `None` where a name is not set.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct ClientEnv {
    pub(crate) environment: Option<Environment>,
    pub(crate) gateway_url: Option<Url>,
    /// It may hold a credential: `amqp://guest:guest@localhost`.
    pub(crate) messaging_url: Option<Vec<Url>>,
    pub(crate) metrics_enabled: Option<bool>,
    pub(crate) logging_enabled: Option<bool>,
    pub(crate) service_cache_ttl: Option<Duration>,
    /// Who is calling: a legal value of a header.
    pub(crate) caller: Option<String>,
    pub(crate) dns_scheme: Option<Scheme>,
    pub(crate) dns_port: Option<u16>,
    pub(crate) use_dns_fallback: Option<bool>,
    /// The client-wide level.
    pub(crate) defaults: Settings,
    /// Where services are, by the JSON map; weaker than a service's own `{SVC}_URL`.
    pub(crate) services: ByName<Vec<Url>>,
}

impl ClientEnv {
    /// What one environment says over a weaker one, field by field.
    pub(crate) fn or(self, weaker: &Self) -> Self {
        let weaker = weaker.clone();
        let mut services = weaker.services;
        for (name, urls) in self.services {
            services.insert(name, urls);
        }
        Self {
            environment: self.environment.or(weaker.environment),
            gateway_url: self.gateway_url.or(weaker.gateway_url),
            messaging_url: self.messaging_url.or(weaker.messaging_url),
            metrics_enabled: self.metrics_enabled.or(weaker.metrics_enabled),
            logging_enabled: self.logging_enabled.or(weaker.logging_enabled),
            service_cache_ttl: self.service_cache_ttl.or(weaker.service_cache_ttl),
            caller: self.caller.or(weaker.caller),
            dns_scheme: self.dns_scheme.or(weaker.dns_scheme),
            dns_port: self.dns_port.or(weaker.dns_port),
            use_dns_fallback: self.use_dns_fallback.or(weaker.use_dns_fallback),
            defaults: self.defaults.or(&weaker.defaults),
            services,
        }
    }
}

impl fmt::Debug for ClientEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientEnv")
            .field("environment", &self.environment)
            .field("caller", &self.caller)
            .field("defaults", &self.defaults)
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}

impl EnvSnapshot {
    /// The client-wide names.
    ///
    /// # Errors
    /// `Config`, which names the variable, the value and what is allowed.
    pub(crate) fn client(&self) -> Result<ClientEnv, Error> {
        Ok(ClientEnv {
            environment: self.read(ENVIRONMENT, Environment::parse)?,
            gateway_url: self.read_url(GATEWAY_URL, base_url)?,
            messaging_url: self.read_url(MESSAGING_URL, messaging_url)?,
            metrics_enabled: self.read(METRICS, value::boolean)?,
            logging_enabled: self.read(LOGGING, value::boolean)?,
            service_cache_ttl: self.read(CACHE_TTL, parse_seconds)?,
            caller: self.read(CALLER, caller)?,
            dns_scheme: self.read(DNS_SCHEME, scheme)?,
            dns_port: self.read(DNS_PORT, value::port)?,
            use_dns_fallback: self.read(DNS_FALLBACK, value::boolean)?,
            defaults: self.defaults()?,
            services: service_map::read(self, &SERVICES)?,
        })
    }

    fn defaults(&self) -> Result<Settings, Error> {
        let times = self.read_first(&RETRY_TIMES, value::retries)?;
        Ok(Settings {
            timeout: self.read_first(&TIMEOUT, parse_seconds)?,
            retry: RetrySettings {
                enabled: times.map(|_| true),
                times,
                delay: self.read_first(&RETRY_DELAY, parse_seconds_or_zero)?,
                ..RetrySettings::default()
            },
            breaker: BreakerSettings {
                failures: self.read(BREAKER_FAILURES, value::count_above_zero)?,
                max_open: self.read(BREAKER_MAX_OPEN, parse_seconds)?,
                ..BreakerSettings::default()
            },
            ..Settings::default()
        })
    }
}

/// The name of this process's executable: who is calling, where nothing says so.
pub(crate) fn executable_name() -> String {
    let path = env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or(Path::new("unknown").as_os_str());
    let legal = |letter: char| if letter.is_ascii_graphic() { letter } else { '_' };
    name.to_string_lossy().chars().map(legal).collect()
}

fn messaging_url(text: &str) -> Result<Vec<Url>, &'static str> {
    addresses(text).map(one_messaging_url).collect()
}

fn one_messaging_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| MESSAGING)?;
    match url.scheme() {
        "memory" => Ok(url),
        "amqp" | "amqps" | "http" | "https" if url.has_host() => Ok(url),
        _ => Err(MESSAGING),
    }
}

fn scheme(text: &str) -> Result<Scheme, &'static str> {
    match text {
        "http" => Ok(Scheme::HTTP),
        "https" => Ok(Scheme::HTTPS),
        _ => Err(SCHEMES),
    }
}

fn caller(text: &str) -> Result<String, &'static str> {
    let is_legal = text.bytes().all(|byte| byte.is_ascii_graphic());
    is_legal.then(|| text.to_owned()).ok_or(CALLER_NAME)
}
