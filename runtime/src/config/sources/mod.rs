//! Which source wins: the one applied last, field by field; what `configure` says, after all of them.

use crate::by_name::ByName;
use crate::config::env::{ClientEnv, EnvSnapshot};
use crate::config::file::FileSettings;
use crate::config::mistake::{list, wrong};
use crate::config::near::{did_you_mean, nearest};
use crate::config::service::ServiceConfig;
use crate::config::settings::Settings;
use crate::error::Error;

/// What is known about one service: its own level and the level of each endpoint that is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceLevel {
    pub(crate) service: Settings,
    pub(crate) endpoints: ByName<Settings>,
}

impl ServiceLevel {
    /// This level over a weaker source of the same level.
    fn or(self, weaker: &Self) -> Self {
        let mut endpoints = self.endpoints;
        for (name, settings) in &weaker.endpoints {
            let endpoint = endpoints.entry(name);
            *endpoint = std::mem::take(endpoint).or(settings);
        }
        Self {
            service: self.service.or(&weaker.service),
            endpoints,
        }
    }

    /// Checks that every endpoint with settings exists.
    ///
    /// # Errors
    /// `Config`, which names the endpoint and those that there are.
    fn check_endpoints(&self, service: &str, known: &[&str]) -> Result<(), Error> {
        match self
            .endpoints
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some((name, _)) => {
                let hint = match did_you_mean(name, known) {
                    none if none.is_empty() => {
                        "; is it of another trait? `ClientBuilder::endpoints` knows it before it is bound; a method under `#[publish]` has no settings"
                            .to_owned()
                    }
                    near => near,
                };
                Err(wrong(
                    format_args!("service `{service}`: an endpoint with settings"),
                    name,
                    format_args!("one of {}{hint}", list(known)),
                ))
            }
        }
    }
}

/// The sources of a client's settings, in the order of their application.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    applied: Vec<Source>,
    configured: ByName<ServiceConfig>,
    /// The endpoints that the builder was told of, by their service.
    endpoints: ByName<Vec<&'static str>>,
}

#[derive(Clone, Debug)]
enum Source {
    Defaults(ServiceConfig),
    Service(String, ServiceConfig),
    File(FileSettings),
    Environment {
        snapshot: EnvSnapshot,
        client: Box<ClientEnv>,
    },
}

impl Sources {
    /// What the builder says about all services.
    pub(crate) fn push_defaults(&mut self, config: ServiceConfig) {
        self.applied.push(Source::Defaults(config));
    }

    /// What the builder says about one service.
    pub(crate) fn push_service(&mut self, name: impl Into<String>, config: ServiceConfig) {
        self.applied.push(Source::Service(name.into(), config));
    }

    /// The endpoints of a trait that may not be bound yet.
    pub(crate) fn push_endpoints(&mut self, service: &str, names: impl IntoIterator<Item = &'static str>) {
        self.endpoints.entry(service).extend(names);
    }

    pub(crate) fn push_file(&mut self, file: FileSettings) {
        self.applied.push(Source::File(file));
    }

    /// The environment; its client-wide names are read here, those of a service when it is first asked for.
    ///
    /// # Errors
    /// `Config`, which names the variable, the value and what is allowed.
    pub(crate) fn push_env(&mut self, snapshot: EnvSnapshot) -> Result<(), Error> {
        self.applied.push(environment(snapshot)?);
        Ok(())
    }

    /// A file in place of the environment, weaker than it whichever of the two is applied first.
    ///
    /// # Errors
    /// As [`push_env`](Self::push_env).
    pub(crate) fn push_env_file(&mut self, snapshot: EnvSnapshot) -> Result<(), Error> {
        let is_environment = |source: &Source| matches!(source, Source::Environment { .. });
        let place = self
            .applied
            .iter()
            .position(is_environment)
            .unwrap_or(self.applied.len());
        self.applied.insert(place, environment(snapshot)?);
        Ok(())
    }

    /// Checks what the builder was told.
    ///
    /// # Errors
    /// `Config`, which names the service, the setting, the value and what is allowed.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        self.applied.iter().try_for_each(|source| match source {
            Source::Defaults(config) => config.validate_defaults(),
            Source::Service(name, config) => config.validate(name),
            Source::File(_) | Source::Environment { .. } => Ok(()),
        })
    }

    /// The client-wide level.
    pub(crate) fn defaults(&self) -> Settings {
        self.strongest_first()
            .filter_map(Source::defaults)
            .fold(Settings::default(), Settings::or)
    }

    /// What the environment says to the client itself.
    pub(crate) fn client_env(&self) -> ClientEnv {
        self.strongest_first()
            .filter_map(Source::client_env)
            .fold(ClientEnv::default(), ClientEnv::or)
    }

    /// The level of a service and those of its endpoints.
    ///
    /// # Errors
    /// `Config`, for a bad value of the service's own names in the environment.
    pub(crate) fn service(&self, name: &str) -> Result<ServiceLevel, Error> {
        let configured = self
            .configured
            .get(name)
            .map(ServiceConfig::to_level)
            .unwrap_or_default();
        self.strongest_first()
            .try_fold(configured, |merged, source| Ok(merged.or(&source.service(name)?)))
    }

    /// The section of a file that was probably meant for this service, which has none: its name is near, and no other
    /// service is known to have it.
    pub(crate) fn near_section(&self, name: &str, is_there: impl Fn(&str) -> bool) -> Option<&str> {
        let sections = self.applied.iter().filter_map(Source::sections).flatten();
        let sections: Vec<&str> = sections.map(|(section, _)| section.as_str()).collect();
        if sections.contains(&name) {
            return None;
        }
        let unclaimed: Vec<&str> = sections
            .into_iter()
            .filter(|section| !is_there(section))
            .collect();
        nearest(name, &unclaimed)
    }

    /// Checks that every endpoint with settings exists: among `bound`, those of the traits that are bound, or those that
    /// the builder was told of. While nothing is bound nobody knows, and all is well.
    ///
    /// # Errors
    /// `Config`, which names the endpoint and those that there are.
    pub(crate) fn check_endpoints(
        &self,
        name: &str,
        level: &ServiceLevel,
        bound: &[&str],
    ) -> Result<(), Error> {
        if bound.is_empty() {
            return Ok(());
        }
        let told = self.endpoints.get(name).into_iter().flatten().copied();
        let known = bound.iter().copied().chain(told);
        // In their order, each once: a trait may be bound at several addresses.
        let known = known.fold(Vec::new(), |mut names, name| {
            if !names.contains(&name) {
                names.push(name);
            }
            names
        });
        level.check_endpoints(name, &known)
    }

    /// What `configure` has said so far about a service.
    pub(crate) fn configured(&self, name: &str) -> ServiceConfig {
        self.configured.get(name).cloned().unwrap_or_default().continued()
    }

    /// What a config says of endpoints and was not said before: a name that was taken while nobody knew better is the
    /// error of the calls, and no reason to refuse another change.
    fn said_anew(&self, name: &str, config: &ServiceConfig) -> ServiceLevel {
        let before = self.configured.get(name).map(ServiceConfig::to_level);
        let before = before.unwrap_or_default().endpoints;
        let mut level = config.to_level();
        level
            .endpoints
            .retain(|endpoint, settings| before.get(endpoint) != Some(settings));
        level
    }

    /// Takes what `configure` says in place of what it said before; a config that is refused changes nothing.
    ///
    /// `endpoints` are those that there are; none while nobody knows them.
    ///
    /// # Errors
    /// `Config`, which names the service, the setting, the value and what is allowed.
    pub(crate) fn set_configured(
        &mut self,
        name: &str,
        config: ServiceConfig,
        endpoints: &[&str],
    ) -> Result<(), Error> {
        config.validate(name)?;
        self.check_endpoints(name, &self.said_anew(name, &config), endpoints)?;
        self.configured.insert(name.to_owned(), config);
        Ok(())
    }

    fn strongest_first(&self) -> impl Iterator<Item = &Source> {
        self.applied.iter().rev()
    }
}

fn environment(snapshot: EnvSnapshot) -> Result<Source, Error> {
    let client = Box::new(snapshot.client()?);
    Ok(Source::Environment { snapshot, client })
}

impl Source {
    fn defaults(&self) -> Option<&Settings> {
        match self {
            Self::Defaults(config) => Some(config.settings()),
            Self::File(file) => Some(&file.defaults),
            Self::Environment { client, .. } => Some(&client.defaults),
            Self::Service(..) => None,
        }
    }

    fn client_env(&self) -> Option<&ClientEnv> {
        match self {
            Self::Environment { client, .. } => Some(client),
            Self::Defaults(_) | Self::Service(..) | Self::File(_) => None,
        }
    }

    fn sections(&self) -> Option<&ByName<ServiceLevel>> {
        match self {
            Self::File(file) => Some(&file.services),
            Self::Defaults(_) | Self::Service(..) | Self::Environment { .. } => None,
        }
    }

    fn service(&self, name: &str) -> Result<ServiceLevel, Error> {
        match self {
            Self::Service(of, config) if of == name => Ok(config.to_level()),
            Self::Defaults(_) | Self::Service(..) => Ok(ServiceLevel::default()),
            Self::File(file) => Ok(file.services.get(name).cloned().unwrap_or_default()),
            Self::Environment { snapshot, client } => {
                let mut service = snapshot.service(name)?;
                service.urls = service.urls.or_else(|| client.services.get(name).cloned());
                Ok(ServiceLevel {
                    service,
                    endpoints: ByName::default(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
