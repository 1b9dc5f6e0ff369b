//! What attributes say, as settings of their level.

use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::attributes::{Attributes, EnvelopeAttribute, EnvelopeKeys, RetryAttribute};
use crate::config::{BreakerSettings, EnvelopePolicy, Headers, RetrySettings, Settings};
use crate::{Error, ErrorKind};

impl Attributes {
    /// The settings that these attributes are.
    ///
    /// # Errors
    /// `Config` for what the macro would have refused: a descriptor that was not written by it.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        Ok(Settings {
            timeout: self.timeout.map(Duration::from_millis),
            attempt_timeout: self.attempt_timeout.map(Duration::from_millis),
            retry: retry(&self.retry)?,
            breaker: if self.breaker_off {
                BreakerSettings::off()
            } else {
                BreakerSettings::default()
            },
            headers: headers(self.headers)?,
            envelope: match self.envelope {
                EnvelopeAttribute::Unsaid => None,
                EnvelopeAttribute::Off => Some(None),
                EnvelopeAttribute::On(keys) => Some(Some(envelope(keys))),
            },
            ..Settings::default()
        })
    }
}

fn retry(retry: &RetryAttribute) -> Result<RetrySettings, Error> {
    if retry.off {
        return Ok(RetrySettings::off());
    }
    let on = retry.on.iter().map(|status| {
        StatusCode::from_u16(*status)
            .map_err(|_| wrong(format!("`on` names {status}, which is no HTTP status")))
    });
    let on: Vec<_> = on.collect::<Result<_, _>>()?;
    Ok(RetrySettings {
        // A method that says how to retry wants it, whatever its service says.
        enabled: (retry.says_something()).then_some(true),
        times: retry.times,
        backoff: retry.backoff,
        delay: retry.delay.map(Duration::from_millis),
        max_delay: retry.max_delay.map(Duration::from_millis),
        on: (!on.is_empty()).then_some(on),
    })
}

impl RetryAttribute {
    fn says_something(&self) -> bool {
        self.times.is_some()
            || self.backoff.is_some()
            || self.delay.is_some()
            || self.max_delay.is_some()
            || !self.on.is_empty()
    }
}

fn headers(pairs: &[(&str, &str)]) -> Result<Headers, Error> {
    let mut headers = Headers::default();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| wrong(format!("`{name}` is not a header name")))?;
        let value = HeaderValue::from_str(value)
            .map_err(|_| wrong(format!("the value of the header `{name}` is not legal")))?;
        headers.add(name, value);
    }
    Ok(headers)
}

fn envelope(keys: EnvelopeKeys) -> EnvelopePolicy {
    let default = EnvelopePolicy::default();
    EnvelopePolicy {
        data: keys.data.map_or(default.data, str::to_owned),
        code: keys.code.map_or(default.code, str::to_owned),
        message: keys.message.map_or(default.message, str::to_owned),
        ok: keys.ok.map_or(default.ok, |codes| {
            codes.iter().map(|code| (*code).to_owned()).collect()
        }),
    }
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}
