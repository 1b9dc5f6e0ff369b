//! What all handles of one client share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::admission::Admission;
use super::state::{ServiceKey, ServiceState};
use crate::Result;
use crate::config::{ServiceConfig, Sources};
use crate::events::{EventSettings, EventsShared, Owner};
use crate::observe::MetricsSnapshot;
use crate::random::Random;
use crate::transport::Transports;

/// The services and addresses above which those that no handle uses any more are forgotten, with their figures.
const MOST_SERVICES: usize = 1024;

/// The state behind every clone of a client.
pub(crate) struct Shared {
    /// Who is calling, in `x-caller-service`.
    pub(crate) name: Arc<str>,
    /// `development`, `testing`, `staging` or `production`.
    pub(crate) environment: &'static str,
    pub(crate) logging: bool,
    pub(crate) metrics: bool,
    /// The most bytes of a body that are read into memory.
    pub(crate) max_body: usize,
    pub(crate) random: Random,
    pub(crate) admission: Arc<Admission>,
    pub(crate) transports: Transports,
    pub(crate) events: EventsShared,
    sources: Mutex<Sources>,
    services: Mutex<Services>,
}

type Services = HashMap<ServiceKey, Arc<ServiceState>>;

/// What a builder has decided.
pub(crate) struct Parts {
    pub(crate) name: Arc<str>,
    pub(crate) environment: &'static str,
    pub(crate) logging: bool,
    pub(crate) metrics: bool,
    pub(crate) max_body: usize,
    pub(crate) random: Random,
    pub(crate) transports: Transports,
    pub(crate) sources: Sources,
    pub(crate) events: EventSettings,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        let owner = Owner {
            name: &parts.name,
            metrics: parts.metrics,
            #[cfg(feature = "amqp")]
            logging: parts.logging,
            #[cfg(feature = "amqp")]
            random: &parts.random,
        };
        Self {
            events: EventsShared::new(parts.events, &owner),
            name: parts.name,
            environment: parts.environment,
            logging: parts.logging,
            metrics: parts.metrics,
            max_body: parts.max_body,
            random: parts.random,
            admission: Arc::default(),
            transports: parts.transports,
            sources: Mutex::new(parts.sources),
            services: Mutex::default(),
        }
    }

    /// The state of a service, at this address or wherever it is; made when it is first named.
    pub(crate) fn service(&self, name: &str, address: Option<&str>) -> Arc<ServiceState> {
        let key = ServiceKey::new(name, address);
        let mut services = lock(&self.services);
        if let Some(known) = services.get(&key) {
            return Arc::clone(known);
        }
        let service = self.add(&mut services, key);
        drop(services);
        self.warn_of_a_slip(name);
        service
    }

    fn add(&self, services: &mut Services, key: ServiceKey) -> Arc<ServiceState> {
        if services.len() >= MOST_SERVICES {
            services.retain(|_, service| Arc::strong_count(service) > 1);
        }
        let service = Arc::new(ServiceState::new(&key, self.metrics));
        services.insert(key, Arc::clone(&service));
        service
    }

    /// Warns, once a service, where the file has no section for it but one with a similar name: with a slip in that name the
    /// service would run with the defaults, and nobody would know.
    fn warn_of_a_slip(&self, name: &str) {
        if !self.logging {
            return;
        }
        if let Some(section) = self.near_section(name) {
            let section = format!("services.{section}");
            tracing::warn!(target: "trunkline", section, service = name, "the file has no section for the service, but one with a similar name");
        }
    }

    /// No lock is held afterwards: a subscriber may use the client.
    fn near_section(&self, name: &str) -> Option<String> {
        let sources = self.sources();
        let services = lock(&self.services);
        let count = |name: &str| services.values().filter(|service| service.is(name)).count();
        let section = sources.near_section(name, |section| count(section) > 0)?;
        // At another address it is the same service.
        (count(name) == 1).then(|| section.to_owned())
    }

    /// The settings as they are now. No call waits for this lock: calls read plans.
    pub(crate) fn sources(&self) -> MutexGuard<'_, Sources> {
        lock(&self.sources)
    }

    /// Asks for the new settings without a lock: the closure may use the client.
    pub(crate) fn configure(
        &self,
        name: &str,
        change: impl FnOnce(ServiceConfig) -> ServiceConfig,
    ) -> Result<()> {
        let before = self.sources().configured(name);
        let changed = change(before);
        let mut sources = self.sources();
        let named = |service: &&Arc<ServiceState>| service.is(name);
        let services: Vec<_> = lock(&self.services).values().filter(named).cloned().collect();
        let endpoints: Vec<_> = services
            .iter()
            .flat_map(|service| service.endpoint_names())
            .collect();
        sources.set_configured(name, changed, &endpoints)?;
        for service in services {
            service.refresh(self, &sources);
        }
        Ok(())
    }

    /// Lets go of every connection. The plans hold the pools, so they go too; no call reads one any more.
    pub(crate) fn close(&self) {
        self.transports.close();
        let services: Vec<_> = lock(&self.services).values().cloned().collect();
        let sources = self.sources();
        for service in services {
            service.refresh(self, &sources);
        }
    }

    pub(crate) fn metrics(&self) -> MetricsSnapshot {
        let services: Vec<_> = lock(&self.services).values().cloned().collect();
        let named: Vec<_> = services
            .iter()
            .map(|service| (service.label(), &service.recorder))
            .collect();
        // First: a breaker that is asked notices that the lease of a probe is over, and counts it.
        let breakers: Vec<_> = services.iter().map(|service| service.breakers()).collect();
        let mut snapshot =
            MetricsSnapshot::collect(named.iter().map(|(name, recorder)| (name.as_str(), *recorder)));
        for ((name, _), breakers) in named.iter().zip(breakers) {
            if let Some(figures) = snapshot.services.get_mut(name) {
                figures.breakers = breakers;
            }
        }
        snapshot.events = self.events.metrics();
        snapshot
    }
}

/// A lock whose holders cannot leave the value half-changed: a panic elsewhere is no reason to panic here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
