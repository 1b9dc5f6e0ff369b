//! Which instance gets the next attempt? In turn, past those that were tried and those whose breaker refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use tokio::time::Instant;
use url::Url;

use super::breaker::{Breaker, LEASE_SLACK, Permit};
use super::deadline::Deadline;
use super::prepare::Limits;
use crate::random::Random;
use crate::{Error, ErrorKind};

/// One network address that serves a service, and what is known of it.
pub(crate) struct Instance {
    pub(crate) address: Arc<str>,
    pub(crate) host: Box<str>,
    pub(crate) port: u16,
    base: Url,
    scheme: Scheme,
    authority: Option<Authority>,
    /// The path of the base URL without its last slash.
    base_path: Box<str>,
    pub(crate) breaker: Breaker,
}

impl Instance {
    fn new(base: Url, trips: &Arc<AtomicU64>) -> Self {
        Self {
            address: base.as_str().trim_end_matches('/').into(),
            host: base.host_str().unwrap_or_default().into(),
            port: base.port_or_known_default().unwrap_or_default(),
            scheme: Scheme::try_from(base.scheme()).unwrap_or(Scheme::HTTP),
            authority: Authority::try_from(base.authority()).ok(),
            base_path: base.path().trim_end_matches('/').into(),
            base,
            breaker: Breaker::new(Arc::clone(trips)),
        }
    }

    /// The address of one request: the base, then the path and query, both encoded already.
    pub(crate) fn uri(&self, target: &str) -> Result<Uri, http::Error> {
        let path = if self.base_path.is_empty() {
            PathAndQuery::try_from(target)
        } else {
            PathAndQuery::from_maybe_shared(Bytes::from([&self.base_path, target].concat()))
        };
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority.clone_from(&self.authority);
        parts.path_and_query = Some(path?);
        Ok(Uri::from_parts(parts)?)
    }
}

/// The instances of a service, taken in turn.
#[derive(Default)]
pub(crate) struct Instances {
    list: Vec<Arc<Instance>>,
    next: AtomicUsize,
}

impl Instances {
    /// Whether these are the instances at these addresses, in their order.
    pub(crate) fn are_at(&self, urls: &[Url]) -> bool {
        self.list.len() == urls.len()
            && self
                .list
                .iter()
                .zip(urls)
                .all(|(instance, url)| instance.base == *url)
    }

    /// The instances at these addresses; those that are here already keep their breakers. `trips` counts for all.
    pub(crate) fn moved_to(&self, urls: &[Url], trips: &Arc<AtomicU64>) -> Self {
        let known = |url: &Url| self.list.iter().find(|instance| instance.base == *url).cloned();
        let list = urls
            .iter()
            .map(|url| known(url).unwrap_or_else(|| Arc::new(Instance::new(url.clone(), trips))));
        Self {
            list: list.collect(),
            next: AtomicUsize::new(self.next.load(Ordering::Relaxed)),
        }
    }

    pub(crate) fn list(&self) -> &[Arc<Instance>] {
        &self.list
    }

    /// The first of the list, whatever its breaker says.
    #[cfg(feature = "testing")]
    pub(crate) fn first(&self) -> Result<&Instance, Error> {
        let first = self.list.first().map(|instance| &**instance);
        first.ok_or_else(no_instance)
    }

    /// Whether some instance was not tried yet and would be picked now.
    pub(crate) fn has_untried(&self, tried: &[Arc<str>], limits: &Limits<'_>, now: Instant) -> bool {
        self.list.iter().any(|instance| {
            let admits = limits.breaker.is_none() || instance.breaker.would_admit(now);
            admits && !tried.contains(&instance.address)
        })
    }

    /// The instances in the order in which to ask them: those not tried yet, then the others.
    fn in_turn<'a, 't>(&'a self, tried: &'t [Arc<str>]) -> impl Iterator<Item = &'a Instance> + use<'a, 't> {
        let count = self.list.len();
        let start = if count > 1 {
            self.next.fetch_add(1, Ordering::Relaxed)
        } else {
            0
        };
        let turn = move |was_tried: bool| {
            (0..count)
                .map(move |offset| &*self.list[start.wrapping_add(offset) % count])
                .filter(move |instance| tried.contains(&instance.address) == was_tried)
        };
        turn(false).chain(turn(true))
    }

    /// The first instance in turn whose breaker admits the call; without a breaker there is no permit.
    ///
    /// # Errors
    /// `CircuitOpen` when all refuse, with the time until the first of them admits a probe.
    pub(crate) fn pick<'a>(
        &'a self,
        tried: &[Arc<str>],
        limits: &Limits<'_>,
        deadline: Deadline,
        now: Instant,
        random: &'a Random,
    ) -> Result<(&'a Instance, Option<Permit<'a>>), Error> {
        let Some(policy) = &limits.breaker else {
            let first = self.in_turn(tried).next();
            return first.map(|instance| (instance, None)).ok_or_else(no_instance);
        };
        let lease = || {
            let attempt = limits.attempt_timeout.unwrap_or(Duration::MAX);
            attempt.min(deadline.remaining(now)) + LEASE_SLACK
        };
        let mut soonest = None::<Duration>;
        for instance in self.in_turn(tried) {
            match instance.breaker.admit(policy, now, lease, random) {
                Ok(permit) => return Ok((instance, Some(permit))),
                Err(refused) => {
                    soonest = Some(soonest.map_or(refused.retry_after, |time| time.min(refused.retry_after)));
                }
            }
        }
        Err(soonest.map_or_else(no_instance, circuit_open))
    }
}

fn circuit_open(retry_after: Duration) -> Error {
    let message = format!("the breaker of every instance is open, for another {retry_after:.1?}");
    Error::new(ErrorKind::CircuitOpen, message).with_retry_after(retry_after)
}

fn no_instance() -> Error {
    Error::new(ErrorKind::Discovery, "the service has no instance")
}
