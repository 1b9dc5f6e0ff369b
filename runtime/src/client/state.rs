//! What a client knows of one service: its endpoints with their plans and figures, and its instances.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use http::Method;

use super::plan::{Level, Plan};
use super::shared::{Shared, lock};
use crate::Error;
use crate::call::{Instance, Instances};
use crate::config::{Sources, parse_base_url};
use crate::endpoint::{Attributes, Endpoint, Service};
use crate::observe::EndpointMetrics;

/// The most endpoints that one service keeps figures of: a template is made of literals, so more are a mistake.
const MAX_ENDPOINTS: usize = 1000;

/// A service, at one address or wherever discovery finds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ServiceKey {
    pub(crate) name: Arc<str>,
    pub(crate) address: Option<Arc<str>>,
}

impl ServiceKey {
    pub(crate) fn new(name: &str, address: Option<&str>) -> Self {
        Self { name: name.into(), address: address.map(Into::into) }
    }
}

/// What is known of one service.
pub(crate) struct ServiceState {
    key: ServiceKey,
    metrics: bool,
    endpoints: RwLock<BTreeMap<EndpointKey, Arc<EndpointState>>>,
    /// Every instance that was ever configured, so that its breaker outlives a change of the settings.
    instances: Mutex<BTreeMap<String, Arc<Instance>>>,
    /// The same list for all endpoints while it does not change, so that they take turns together.
    current: Mutex<Arc<Instances>>,
}

/// An endpoint by what is fixed about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EndpointKey {
    /// The method's name, or the template of an untyped call behind its HTTP method.
    pub(crate) label: Arc<str>,
    pub(crate) method: String,
    pub(crate) path: String,
}

/// What is known of one endpoint.
pub(crate) struct EndpointState {
    pub(crate) key: EndpointKey,
    pub(crate) method: Method,
    pub(crate) service_name: Arc<str>,
    pub(crate) level: Level,
    pub(crate) metrics: EndpointMetrics,
    plan: ArcSwap<Result<Plan, Error>>,
}

impl ServiceState {
    pub(crate) fn new(key: &ServiceKey, metrics: bool) -> Self {
        Self {
            key: key.clone(),
            metrics,
            endpoints: RwLock::default(),
            instances: Mutex::default(),
            current: Mutex::new(Arc::new(Instances::new(Vec::new()))),
        }
    }

    /// Whether this is the service of this name, at whatever address.
    pub(crate) fn is(&self, name: &str) -> bool {
        &*self.key.name == name
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.key.name
    }

    pub(crate) fn address(&self) -> Option<&str> {
        self.key.address.as_deref()
    }

    /// The endpoints of a trait, in its order. Others of the same service get their plans anew: a name in the settings
    /// that nobody knew may be known now.
    pub(crate) fn bind(&self, shared: &Shared, service: &'static Service) -> Arc<[Arc<EndpointState>]> {
        let sources = shared.sources();
        let table = service
            .endpoints
            .iter()
            .map(|endpoint| self.insert(EndpointState::typed(&self.key, service, endpoint, self.metrics)))
            .collect();
        self.refresh(shared, &sources);
        table
    }

    /// The endpoint of an untyped call; beyond the bound all share one, which still calls the path that is asked for.
    pub(crate) fn untyped(&self, shared: &Shared, method: Method, path: &str) -> Arc<EndpointState> {
        let state = EndpointState::untyped(&self.key, method, path, self.metrics);
        if let Some(known) = self.read(|endpoints| endpoints.get(&state.key).cloned()) {
            return known;
        }
        let sources = shared.sources();
        if self.read(BTreeMap::len) >= MAX_ENDPOINTS {
            let state = state.uncounted();
            state.refresh(shared, &sources, self);
            return Arc::new(state);
        }
        let state = self.insert(state);
        state.refresh(shared, &sources, self);
        state
    }

    /// Makes all plans anew, from these settings.
    pub(crate) fn refresh(&self, shared: &Shared, sources: &Sources) {
        let endpoints: Vec<_> = self.read(|endpoints| endpoints.values().cloned().collect());
        for endpoint in endpoints {
            endpoint.refresh(shared, sources, self);
        }
    }

    /// The names that settings may use for endpoints; `None` while no trait is bound.
    pub(crate) fn endpoint_names(&self) -> Option<Vec<&'static str>> {
        let names: Vec<_> =
            self.read(|endpoints| endpoints.values().filter_map(|endpoint| endpoint.level.name).collect());
        (!names.is_empty()).then_some(names)
    }

    /// The instances at these addresses; known ones keep their breakers.
    pub(crate) fn instances(&self, urls: &[String]) -> Result<Arc<Instances>, Error> {
        let mut known = lock(&self.instances);
        let mut list = Vec::with_capacity(urls.len());
        for url in urls {
            let base = parse_base_url(url)?;
            let instance = known.entry(base.to_string()).or_insert_with(|| Arc::new(Instance::new(base)));
            list.push(Arc::clone(instance));
        }
        known.retain(|_, instance| list.iter().any(|wanted| Arc::ptr_eq(wanted, instance)));
        let mut current = lock(&self.current);
        let same = current.list().len() == list.len()
            && current.list().iter().zip(&list).all(|(old, new)| Arc::ptr_eq(old, new));
        if !same {
            *current = Arc::new(Instances::new(list));
        }
        Ok(Arc::clone(&current))
    }

    /// What a snapshot of the metrics shows: the service's name, with its address where one was given.
    pub(crate) fn figures_name(&self) -> String {
        match &self.key.address {
            None => self.key.name.to_string(),
            Some(address) => format!("{}@{address}", self.key.name),
        }
    }

    pub(crate) fn endpoints(&self) -> Vec<Arc<EndpointState>> {
        self.read(|endpoints| endpoints.values().cloned().collect())
    }

    fn insert(&self, state: EndpointState) -> Arc<EndpointState> {
        let mut endpoints = self.endpoints.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(endpoints.entry(state.key.clone()).or_insert_with(|| Arc::new(state)))
    }

    fn read<T>(&self, read: impl FnOnce(&BTreeMap<EndpointKey, Arc<EndpointState>>) -> T) -> T {
        read(&self.endpoints.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EndpointState {
    fn typed(key: &ServiceKey, service: &'static Service, endpoint: &'static Endpoint, metrics: bool) -> Self {
        let level = Level {
            name: Some(endpoint.name),
            prefix: service.prefix,
            service: service.attributes,
            endpoint: endpoint.attributes,
        };
        Self::new(key, endpoint.name.into(), endpoint.method, endpoint.path, level, metrics)
    }

    fn untyped(key: &ServiceKey, method: &Method, path: &str, metrics: bool) -> Self {
        let level =
            Level { name: None, prefix: "", service: Attributes::new(), endpoint: Attributes::new() };
        Self::new(key, format!("{method} {path}").into(), method.as_str(), path, level, metrics)
    }

    fn new(key: &ServiceKey, label: Arc<str>, method: &str, path: &str, level: Level, metrics: bool) -> Self {
        let not_yet = Error::new(crate::ErrorKind::Config, "the endpoint has no plan yet");
        Self {
            key: EndpointKey { label, method: method.into(), path: path.into() },
            method: Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET),
            service_name: Arc::clone(&key.name),
            level,
            metrics: EndpointMetrics::new(metrics),
            plan: ArcSwap::from_pointee(Err(not_yet)),
        }
    }

    pub(crate) fn plan(&self) -> Arc<Result<Plan, Error>> {
        self.plan.load_full()
    }

    fn refresh(&self, shared: &Shared, sources: &Sources, service: &ServiceState) {
        self.plan.store(Arc::new(Plan::new(shared, sources, service, self)));
    }
}
