//! The keys of one level, as settings.

use std::time::Duration;

use http::StatusCode;
use url::Url;

use super::keys::{
    API_KEY, ATTEMPT_TIMEOUT, BACKOFF, BREAKER, CODE, CONNECT_TIMEOUT, DATA, DELAY, ENVELOPE, FAILURES,
    HEADERS, HEALTH_PATH, IDLE_TIMEOUT, IN_BREAKER, IN_DEFAULTS, IN_ENDPOINT, IN_ENVELOPE, IN_RETRY,
    IN_SERVICE, MAX_DELAY, MAX_OPEN, MESSAGE, OK, ON, REDIRECTS, RETRY, TIMEOUT, TIMES, URL,
};
use super::place::Place;
use super::value::{Table, Value};
use crate::config::base_url::base_url;
use crate::config::check::{
    ABOVE_ZERO, ERROR_STATUS, RETRIES as RETRY_TIMES, check_health_path, check_retries, contradiction,
    retried_status,
};
use crate::config::duration::{A_DURATION, parse_duration};
use crate::config::headers::{Headers, header_name, header_value};
use crate::config::mistake::wrong;
use crate::config::policy::{Backoff, EnvelopePolicy};
use crate::config::secret::{Credential, Secret};
use crate::config::settings::{BreakerSettings, RetrySettings, Settings};
use crate::error::Error;

const URLS: &str = "a URL or an array of one or more URLs";
const COUNT: &str = "a whole number from 0 to 4294967295";
const BACKOFFS: &str = "one of `exponential`, `linear`, `fixed`";
const STATUSES: &str = "an array of statuses from 400 to 599";
const RETRIES: &str = "`true`, `false` or a table of `times`, `backoff`, `delay`, `max_delay`, `on`";
const BREAKERS: &str = "`true`, `false` or a table of `failures`, `max_open`";
const ENVELOPES: &str = "`true`, `false` or a table of `data`, `code`, `message`, `ok`";
const A_KEY: &str = "the name of a key";
const CODES: &str = "an array of one or more codes, whole numbers or strings";

/// Whom a table speaks about, which decides the keys that make sense in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Defaults,
    Service,
    Endpoint,
}

impl Level {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Defaults => &IN_DEFAULTS,
            Self::Service => &IN_SERVICE,
            Self::Endpoint => &IN_ENDPOINT,
        }
    }
}

/// # Errors
/// `Config`, with the key, the value (unless it may be a secret) and what is allowed.
pub(super) fn settings(place: &Place<'_>, table: &Table, level: Level) -> Result<Settings, Error> {
    place.check_keys(table, level.keys())?;
    let settings = Settings {
        urls: place.get(table, URL, urls)?,
        timeout: place.get(table, TIMEOUT, duration)?,
        attempt_timeout: place.get(table, ATTEMPT_TIMEOUT, duration)?,
        connect_timeout: place.get(table, CONNECT_TIMEOUT, duration)?,
        idle_timeout: place.get(table, IDLE_TIMEOUT, duration)?,
        retry: place.get(table, RETRY, retry)?.unwrap_or_default(),
        breaker: place.get(table, BREAKER, breaker)?.unwrap_or_default(),
        credential: place.get(table, API_KEY, api_key)?,
        headers: place.get(table, HEADERS, headers)?.unwrap_or_default(),
        envelope: place.get(table, ENVELOPE, envelope)?,
        health_path: place.get(table, HEALTH_PATH, health_path)?,
        redirects: place.get(table, REDIRECTS, count)?,
    };
    match contradiction(&settings) {
        None => Ok(settings),
        Some(found) => Err(wrong(place.path(found.key), &found.value, found.expected)),
    }
}

fn urls(place: &Place<'_>, value: &Value) -> Result<Vec<Url>, Error> {
    match value {
        Value::String(text) => Ok(vec![url(place, text)?]),
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| url(place, place.text(item, URLS)?))
            .collect(),
        _ => Err(place.wrong(value, URLS)),
    }
}

fn url(place: &Place<'_>, text: &str) -> Result<Url, Error> {
    base_url(text).map_err(|expected| place.wrong_url(text, expected))
}

fn duration(place: &Place<'_>, value: &Value) -> Result<Duration, Error> {
    let text = place.text(value, A_DURATION)?;
    parse_duration(text).map_err(|expected| place.wrong(value, expected))
}

fn retries(place: &Place<'_>, value: &Value) -> Result<u32, Error> {
    let times = value.as_integer().and_then(|number| u32::try_from(number).ok());
    let times = times.ok_or(RETRY_TIMES).and_then(check_retries);
    times.map_err(|expected| place.wrong(value, expected))
}

fn count(place: &Place<'_>, value: &Value) -> Result<u32, Error> {
    let count = value.as_integer().and_then(|number| u32::try_from(number).ok());
    count.ok_or_else(|| place.wrong(value, COUNT))
}

fn count_above_zero(place: &Place<'_>, value: &Value) -> Result<u32, Error> {
    match count(place, value) {
        Ok(count) if count > 0 => Ok(count),
        Ok(_) | Err(_) => Err(place.wrong(value, ABOVE_ZERO)),
    }
}

fn retry(place: &Place<'_>, value: &Value) -> Result<RetrySettings, Error> {
    if let Some(enabled) = value.as_bool() {
        return Ok(RetrySettings {
            enabled: Some(enabled),
            ..RetrySettings::default()
        });
    }
    let table = value.as_table().ok_or_else(|| place.wrong(value, RETRIES))?;
    place.check_keys(table, &IN_RETRY)?;
    Ok(RetrySettings {
        enabled: Some(true),
        times: place.get(table, TIMES, retries)?,
        backoff: place.get(table, BACKOFF, backoff)?,
        delay: place.get(table, DELAY, duration)?,
        max_delay: place.get(table, MAX_DELAY, duration)?,
        on: place.get(table, ON, statuses)?,
    })
}

fn backoff(place: &Place<'_>, value: &Value) -> Result<Backoff, Error> {
    match place.text(value, BACKOFFS)? {
        "exponential" => Ok(Backoff::Exponential),
        "linear" => Ok(Backoff::Linear),
        "fixed" => Ok(Backoff::Fixed),
        _ => Err(place.wrong(value, BACKOFFS)),
    }
}

fn statuses(place: &Place<'_>, value: &Value) -> Result<Vec<StatusCode>, Error> {
    let items = value.as_array().ok_or_else(|| place.wrong(value, STATUSES))?;
    items.iter().map(|item| status(place, item)).collect()
}

fn status(place: &Place<'_>, value: &Value) -> Result<StatusCode, Error> {
    let code = value.as_integer().and_then(|number| u16::try_from(number).ok());
    let code = code.ok_or_else(|| place.wrong(value, ERROR_STATUS))?;
    retried_status(code).map_err(|expected| place.wrong(value, expected))
}

fn breaker(place: &Place<'_>, value: &Value) -> Result<BreakerSettings, Error> {
    if let Some(enabled) = value.as_bool() {
        return Ok(BreakerSettings {
            enabled: Some(enabled),
            ..BreakerSettings::default()
        });
    }
    let table = value.as_table().ok_or_else(|| place.wrong(value, BREAKERS))?;
    place.check_keys(table, &IN_BREAKER)?;
    Ok(BreakerSettings {
        enabled: Some(true),
        failures: place.get(table, FAILURES, count_above_zero)?,
        max_open: place.get(table, MAX_OPEN, duration)?,
    })
}

fn api_key(place: &Place<'_>, value: &Value) -> Result<Credential, Error> {
    let text = value.as_str().ok_or_else(|| place.wrong_secret("a string"))?;
    let key = Secret::parse(text).map_err(|expected| place.wrong_secret(expected))?;
    Ok(Credential::Key(key))
}

fn headers(place: &Place<'_>, value: &Value) -> Result<Headers, Error> {
    let mut headers = Headers::default();
    for (name, value) in place.table(value)? {
        let place = place.key(name);
        let name = header_name(name).map_err(|expected| place.wrong_secret(expected))?;
        if headers.contains(&name) {
            return Err(place.wrong_secret("one value a header; it is named twice, in another case"));
        }
        let text = value.as_str().ok_or_else(|| place.wrong_secret("a string"))?;
        let value = header_value(text).map_err(|expected| place.wrong_secret(expected))?;
        headers.set(name, value);
    }
    Ok(headers)
}

fn envelope(place: &Place<'_>, value: &Value) -> Result<Option<EnvelopePolicy>, Error> {
    let default = EnvelopePolicy::default();
    match value {
        Value::Boolean(false) => Ok(None),
        Value::Boolean(true) => Ok(Some(default)),
        Value::Table(table) => {
            place.check_keys(table, &IN_ENVELOPE)?;
            Ok(Some(EnvelopePolicy {
                data: place.get(table, DATA, envelope_key)?.unwrap_or(default.data),
                code: place.get(table, CODE, envelope_key)?.unwrap_or(default.code),
                message: place
                    .get(table, MESSAGE, envelope_key)?
                    .unwrap_or(default.message),
                ok: place.get(table, OK, codes)?.unwrap_or(default.ok),
            }))
        }
        _ => Err(place.wrong(value, ENVELOPES)),
    }
}

fn envelope_key(place: &Place<'_>, value: &Value) -> Result<String, Error> {
    match place.text(value, A_KEY)? {
        "" => Err(place.wrong(value, A_KEY)),
        key => Ok(key.to_owned()),
    }
}

/// The codes of a success; a number is its digits, as it is where a reply has it.
fn codes(place: &Place<'_>, value: &Value) -> Result<Vec<String>, Error> {
    let items = value.as_array().filter(|items| !items.is_empty());
    items
        .ok_or_else(|| place.wrong(value, CODES))?
        .iter()
        .map(|code| match code {
            Value::Integer(number) => Ok(number.to_string()),
            Value::String(text) => Ok(text.clone()),
            _ => Err(place.wrong(code, CODES)),
        })
        .collect()
}

fn health_path(place: &Place<'_>, value: &Value) -> Result<String, Error> {
    let path = place.text(value, "a path")?;
    check_health_path(path).map_err(|expected| place.wrong(value, expected))?;
    Ok(path.to_owned())
}
