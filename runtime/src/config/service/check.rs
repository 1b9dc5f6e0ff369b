//! What a config in code becomes, once it is known to be right.

use super::{Mistake, ServiceConfig};
use crate::by_name::ByName;
use crate::config::check::contradiction;
use crate::config::mistake::{wrong, wrong_secret};
use crate::config::settings::Settings;
use crate::config::sources::ServiceLevel;
use crate::error::{Error, ErrorKind};

impl ServiceConfig {
    /// # Errors
    /// `Config`, which names the service, the setting, the value and what is allowed.
    pub(crate) fn validate(&self, service: &str) -> Result<(), Error> {
        let place = format!("service `{service}`");
        self.check(&place)?;
        self.endpoints.iter().try_for_each(|(name, config)| {
            let place = format!("{place}, endpoint `{name}`");
            config.check(&place)?;
            config.check_belongs(&place, &ENDPOINT_REFUSES)
        })
    }

    /// The same for a config that holds for all services.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub(crate) fn validate_defaults(&self) -> Result<(), Error> {
        self.check("the defaults")?;
        self.check_belongs("the defaults", &DEFAULTS_REFUSE)
    }

    pub(crate) fn to_level(&self) -> ServiceLevel {
        let mut endpoints = ByName::default();
        for (name, config) in &self.endpoints {
            endpoints.insert(name.clone(), config.settings.clone());
        }
        ServiceLevel {
            service: self.settings.clone(),
            endpoints,
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same config, handed out to be changed: its next URL starts a new list.
    pub(crate) fn continued(mut self) -> Self {
        self.urls_are_of_earlier = true;
        self
    }

    fn check(&self, place: &str) -> Result<(), Error> {
        if let Some(Mistake { key, value, expected }) = &self.mistake {
            return Err(match value {
                Some(value) => wrong(format_args!("{place}: `{key}`"), value, expected),
                None => wrong_secret(format_args!("{place}: `{key}`"), expected),
            });
        }
        match contradiction(&self.settings) {
            None => Ok(()),
            Some(found) => Err(wrong(
                format_args!("{place}: `{}`", found.key),
                &found.value,
                found.expected,
            )),
        }
    }

    fn check_belongs(&self, place: &str, refused: &[Refused]) -> Result<(), Error> {
        match refused.iter().find(|refused| (refused.is_set)(self)) {
            None => Ok(()),
            Some(Refused { key, .. }) => Err(Error::new(
                ErrorKind::Config,
                format!("{place}: `{key}` does not belong here; expected it on a service"),
            )),
        }
    }
}

/// A setting that makes no sense at a level, and how to see it.
struct Refused {
    key: &'static str,
    is_set: fn(&ServiceConfig) -> bool,
}

const URL: Refused = Refused {
    key: "url",
    is_set: |config| config.settings.urls.is_some(),
};
const ENDPOINT: Refused = Refused {
    key: "endpoint",
    is_set: |config| !config.endpoints.is_empty(),
};
const DEFAULTS_REFUSE: [Refused; 2] = [URL, ENDPOINT];
const ENDPOINT_REFUSES: [Refused; 4] = [
    URL,
    ENDPOINT,
    Refused {
        key: "connect_timeout",
        is_set: |config| config.settings.connect_timeout.is_some(),
    },
    Refused {
        key: "health_path",
        is_set: |config| config.settings.health_path.is_some(),
    },
];
