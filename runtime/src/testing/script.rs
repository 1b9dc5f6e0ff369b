//! What all instances do, and what they have seen.

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use http::{Request, Response, Uri};

use super::exchange::{self, no_connection};
use super::instance::Instance;
use super::{Recorded, Steps};
use crate::{Body, TransportError};

/// The most requests that are recorded; later ones are counted.
const RECORDED_MOST: usize = 10_000;

/// What the instances of all services do, and what they have seen; a cheap clone over one shared state.
///
/// An address is a scheme, a host and a port: a path after them is left out of account. An exchange with an address
/// that has no script is refused, with a message that names it and lists the others.
///
/// ```
/// use trunkline::testing::{Script, Step};
///
/// let script = Script::new()
///     .instance("http://a:1", [Step::reply(503), Step::reply(204)])   // 503 once, then 204 for ever
///     .instance("http://b:1", Step::refuse());
///
/// assert_eq!(script.hits("http://a:1"), 0);
/// assert!(script.requests().is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Script(Arc<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    instances: RwLock<Vec<Arc<Instance>>>,
    requests: Mutex<Vec<Recorded>>,
    in_flight: Arc<AtomicUsize>,
    open_bodies: Arc<AtomicUsize>,
}

impl Script {
    /// A script in which every address is refused.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same script with an instance at this address, such as `http://a:1`.
    ///
    /// One step, a list of steps of which the last repeats, or [`Step::cycle`](super::Step::cycle): one step an exchange.
    pub fn instance(self, url: impl AsRef<str>, steps: impl Into<Steps>) -> Self {
        self.change(url, steps);
        self
    }

    /// From now on the instance at this address does this, while its counts go on.
    pub fn change(&self, url: impl AsRef<str>, steps: impl Into<Steps>) {
        let url = url.as_ref();
        let mut instances = self.0.instances.write().unwrap_or_else(PoisonError::into_inner);
        match instances.iter().find(|instance| instance.is_at(url)) {
            Some(instance) => instance.change(steps.into()),
            None => instances.push(Arc::new(Instance::new(url, steps.into()))),
        }
    }

    /// How many requests have reached the instance at this address; 0 for one that has no script.
    pub fn hits(&self, url: impl AsRef<str>) -> usize {
        self.count(url.as_ref(), |instance| &instance.hits)
    }

    /// How often a connection to this address was tried, made or not.
    pub fn dials(&self, url: impl AsRef<str>) -> usize {
        self.count(url.as_ref(), |instance| &instance.dials)
    }

    /// The requests that have reached any instance, in the order in which they did; at most the first 10 000.
    pub fn requests(&self) -> Vec<Recorded> {
        self.recorded().clone()
    }

    /// The requests that have reached the instance at this address, of those that [`requests`](Self::requests) holds.
    pub fn requests_to(&self, url: impl AsRef<str>) -> Vec<Recorded> {
        let Some(instance) = self.find(|instance| instance.is_at(url.as_ref())) else {
            return Vec::new();
        };
        let recorded = self.recorded();
        recorded
            .iter()
            .filter(|request| instance.serves(&request.uri))
            .cloned()
            .collect()
    }

    /// How many exchanges have begun and have no head, no error yet, and were not dropped.
    pub fn in_flight(&self) -> usize {
        self.0.in_flight.load(Ordering::Relaxed)
    }

    /// How many replies' bodies have neither ended nor been dropped.
    pub fn open_bodies(&self) -> usize {
        self.0.open_bodies.load(Ordering::Relaxed)
    }

    /// One exchange, as the script says.
    pub(crate) async fn exchange(
        &self,
        request: Request<Body>,
        connect_timeout: Duration,
    ) -> Result<Response<Body>, TransportError> {
        let _in_flight = Gauge::enter(&self.0.in_flight);
        match self.find(|instance| instance.serves(request.uri())) {
            Some(instance) => exchange::run(self, &instance, request, connect_timeout).await,
            None => Err(no_connection(self.unknown(request.uri()))),
        }
    }

    pub(super) fn record(&self, request: &Recorded) {
        let mut recorded = self.recorded();
        if recorded.len() < RECORDED_MOST {
            recorded.push(request.clone());
        }
    }

    pub(super) fn open_body(&self) -> Gauge {
        Gauge::enter(&self.0.open_bodies)
    }

    fn recorded(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, url: &str, counter: impl Fn(&Instance) -> &AtomicUsize) -> usize {
        self.find(|instance| instance.is_at(url))
            .map_or(0, |instance| counter(&instance).load(Ordering::Relaxed))
    }

    fn find(&self, is_it: impl Fn(&Instance) -> bool) -> Option<Arc<Instance>> {
        let instances = self.0.instances.read().unwrap_or_else(PoisonError::into_inner);
        instances.iter().find(|instance| is_it(instance)).cloned()
    }

    fn unknown(&self, uri: &Uri) -> String {
        let scheme = uri.scheme_str().unwrap_or_default();
        // Not the authority, which may hold a password.
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().map_or(String::new(), |port| format!(":{port}"));
        let mut message = format!("no script for {scheme}://{host}{port}; there is one for");
        let instances = self.0.instances.read().unwrap_or_else(PoisonError::into_inner);
        for (index, instance) in instances.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(message, "{comma} {}", instance.url);
        }
        if instances.is_empty() {
            message.push_str(" no address");
        }
        message
    }
}

/// Counts itself for as long as it lives.
#[derive(Debug)]
pub(super) struct Gauge(Arc<AtomicUsize>);

impl Gauge {
    fn enter(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
