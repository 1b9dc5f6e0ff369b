//! What a client knows of one service: its endpoints with their plans, its instances, its figures.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use http::Method;
use tokio::time::Instant;
use url::Url;

use super::plan::{Level, Plan, Planner, health_path};
use super::shared::{Shared, lock};
use crate::Error;
use crate::by_name::ByName;
use crate::call::Instances;
use crate::call::breaker::BreakerState;
use crate::config::{Sources, one_form, shown_address};
use crate::encode::SizeHint;
use crate::endpoint::{Endpoint, Service, join};
use crate::observe::{EndpointRecorder, Labels, ServiceRecorder};

/// The most untyped endpoints that a service keeps plans of; beyond them each call makes its own.
const MOST_UNTYPED: usize = 1000;

/// A service, at one address or wherever the settings say that it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ServiceKey {
    name: Arc<str>,
    address: Option<Arc<str>>,
}

impl ServiceKey {
    /// Two ways to write one address are one service, with one set of breakers.
    pub(crate) fn new(name: &str, address: Option<&str>) -> Self {
        Self {
            name: name.into(),
            address: address.map(|address| one_form(address).as_ref().into()),
        }
    }
}

/// What is known of one service.
pub(crate) struct ServiceState {
    key: ServiceKey,
    endpoints: Mutex<Endpoints>,
    /// One list for all endpoints, so that they take turns together and share the breakers.
    instances: Mutex<Arc<Instances>>,
    pub(crate) recorder: ServiceRecorder,
}

/// The endpoints that were named so far.
#[derive(Default)]
struct Endpoints {
    /// By the address of their descriptor: two traits may say different things of one path.
    typed: HashMap<usize, Arc<EndpointState>>,
    untyped: ByName<Arc<EndpointState>>,
    bound: Vec<&'static Service>,
}

/// What is known of one endpoint.
pub(crate) struct EndpointState {
    pub(crate) labels: Labels,
    pub(crate) level: Level,
    pub(crate) recorder: Arc<EndpointRecorder>,
    /// How large the bodies of its requests are, so that the buffer of the next one fits.
    pub(crate) body_size: SizeHint,
    plan: ArcSwap<Result<Plan, Error>>,
}

impl ServiceState {
    pub(crate) fn new(key: &ServiceKey, metrics: bool) -> Self {
        Self {
            key: key.clone(),
            endpoints: Mutex::default(),
            instances: Mutex::default(),
            recorder: ServiceRecorder::new(metrics),
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

    /// Whether it is at this address, however that is written.
    pub(crate) fn is_at(&self, address: &str) -> bool {
        self.address()
            .is_some_and(|own| own == address || own == one_form(address))
    }

    /// The address as it may be shown: one that is refused may have a password in it.
    pub(crate) fn shown_address(&self) -> Option<Cow<'_, str>> {
        self.address().map(shown_address)
    }

    /// What a snapshot of the metrics shows: the service's name, with its address where one was given.
    pub(crate) fn label(&self) -> String {
        match self.shown_address() {
            None => self.name().to_string(),
            Some(address) => format!("{}@{address}", self.name()),
        }
    }

    /// The endpoints of a trait, in its order. Others of the same service get their plans anew: a name in the settings
    /// that nobody knew may be known now.
    pub(crate) fn bind(&self, shared: &Shared, service: &'static Service) -> Arc<[Arc<EndpointState>]> {
        let sources = shared.sources();
        let mut endpoints = lock(&self.endpoints);
        if !endpoints.bound.iter().any(|known| std::ptr::eq(*known, service)) {
            endpoints.bound.push(service);
            endpoints.refresh(&self.planner(shared, &sources, &endpoints));
        }
        let planner = self.planner(shared, &sources, &endpoints);
        let typed = service.endpoints.iter().map(|endpoint| {
            let state = endpoints.typed.entry(std::ptr::from_ref(*endpoint).addr());
            let make = || Arc::new(EndpointState::typed(&planner, service, endpoint));
            Arc::clone(state.or_insert_with(make))
        });
        typed.collect()
    }

    /// The endpoint of an untyped call.
    pub(crate) fn untyped(&self, shared: &Shared, method: &Method, path: &str) -> Arc<EndpointState> {
        let label = format!("{method} {path}");
        if let Some(known) = lock(&self.endpoints).untyped.get(&label) {
            return Arc::clone(known);
        }
        let sources = shared.sources();
        let mut endpoints = lock(&self.endpoints);
        let recorder = self.recorder.endpoint(&label);
        let planner = self.planner(shared, &sources, &endpoints);
        let labels = planner.labels(&label, method.clone(), path);
        let state = Arc::new(EndpointState::new(&planner, &Level::untyped(), labels, recorder));
        if endpoints.untyped.len() < MOST_UNTYPED {
            endpoints.untyped.insert(label, Arc::clone(&state));
        }
        state
    }

    /// The endpoint that says whether the service is well, and its query: not counted, not retried, past the breaker.
    pub(crate) fn health_endpoint(&self, shared: &Shared) -> Result<(Arc<EndpointState>, String), Error> {
        let sources = shared.sources();
        let planner = self.planner(shared, &sources, &lock(&self.endpoints));
        let setting = health_path(&sources, self)?;
        let (path, query) = setting.split_once('?').unwrap_or((&setting, ""));
        let recorder = ServiceRecorder::new(false).endpoint("health");
        let labels = planner.labels("health", Method::GET, path);
        let state = EndpointState::new(&planner, &Level::health(), labels, recorder);
        Ok((Arc::new(state), query.to_owned()))
    }

    fn planner<'a>(&'a self, shared: &'a Shared, sources: &'a Sources, endpoints: &Endpoints) -> Planner<'a> {
        Planner {
            shared,
            sources,
            service: self,
            names: endpoints.names(),
        }
    }

    /// The names that settings may use; none while no trait is bound.
    pub(crate) fn endpoint_names(&self) -> Vec<&'static str> {
        lock(&self.endpoints).names()
    }

    /// Makes all plans anew, from these settings.
    pub(crate) fn refresh(&self, shared: &Shared, sources: &Sources) {
        let endpoints = lock(&self.endpoints);
        endpoints.refresh(&self.planner(shared, sources, &endpoints));
    }

    /// The states of the breakers now, by the addresses of their instances.
    pub(crate) fn breakers(&self) -> BTreeMap<String, BreakerState> {
        let now = Instant::now();
        let instances = Arc::clone(&lock(&self.instances));
        let mut states = BTreeMap::new();
        for one in instances.list() {
            states.insert(one.address.to_string(), one.breaker.state(now));
        }
        states
    }

    /// The instances at these addresses; known ones keep their breakers.
    pub(crate) fn instances(&self, urls: &[Url]) -> Arc<Instances> {
        let mut current = lock(&self.instances);
        if !current.are_at(urls) {
            *current = Arc::new(current.moved_to(urls, self.recorder.trips_counter()));
        }
        Arc::clone(&current)
    }
}

impl Endpoints {
    /// The names that settings may use; empty while no trait is bound.
    fn names(&self) -> Vec<&'static str> {
        self.bound
            .iter()
            .flat_map(|service| service.endpoints)
            .map(|endpoint| endpoint.name)
            .collect()
    }

    fn refresh(&self, planner: &Planner<'_>) {
        let untyped = self.untyped.iter().map(|(_, endpoint)| endpoint);
        for endpoint in self.typed.values().chain(untyped) {
            let Labels { method, template, .. } = &endpoint.labels;
            let plan = planner.plan(&endpoint.level, method, template);
            endpoint.plan.store(Arc::new(plan));
        }
    }
}

impl EndpointState {
    fn typed(planner: &Planner<'_>, service: &'static Service, endpoint: &'static Endpoint) -> Self {
        let level = Level {
            name: Some(endpoint.name),
            service: service.attributes,
            endpoint: endpoint.attributes,
        };
        let recorder = planner.service.recorder.endpoint(endpoint.name);
        // The macro has checked it; a descriptor of another make calls with GET.
        let method = Method::from_bytes(endpoint.method.as_bytes()).unwrap_or_default();
        let path = join(service.prefix, endpoint.path);
        let labels = planner.labels(endpoint.name, method, &path);
        Self::new(planner, &level, labels, recorder)
    }

    fn new(planner: &Planner<'_>, level: &Level, labels: Labels, recorder: Arc<EndpointRecorder>) -> Self {
        let plan = planner.plan(level, &labels.method, &labels.template);
        Self {
            labels,
            level: *level,
            recorder,
            body_size: SizeHint::new(),
            plan: ArcSwap::from_pointee(plan),
        }
    }

    pub(crate) fn plan(&self) -> Arc<Result<Plan, Error>> {
        self.plan.load_full()
    }
}
