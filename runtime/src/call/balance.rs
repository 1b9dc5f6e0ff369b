//! Which instance gets the next attempt? In turn, past those that were tried and those whose breaker refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use tokio::time::Instant;
use url::Url;

use super::breaker::{Breaker, LEASE_SLACK, Permit, Refused};
use super::deadline::Deadline;
use crate::config::Limits;
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
    pub(crate) fn has_untried(&self, tried: &[Arc<str>], limits: &Limits, now: Instant) -> bool {
        self.list.iter().any(|instance| {
            let admits = limits.breaker.is_none() || instance.breaker.would_admit(now);
            admits && !tried.contains(&instance.address)
        })
    }

    /// Until when every breaker is open, and nobody need ask.
    pub(crate) fn open_until(&self, limits: &Limits, now: Instant) -> Option<Instant> {
        limits.breaker.as_ref()?;
        let mut soonest = None::<Instant>;
        for instance in &self.list {
            let until = instance.breaker.open_until(now)?;
            soonest = Some(soonest.map_or(until, |time| time.min(until)));
        }
        soonest
    }

    /// The first instance in turn to which `admit` says yes: of those not tried yet, then of the others.
    fn in_turn<'a, T>(
        &'a self,
        tried: &[Arc<str>],
        mut admit: impl FnMut(&'a Instance) -> Option<T>,
    ) -> Option<T> {
        // Whether it was tried or not, there is no other.
        if let [only] = &*self.list {
            return admit(only);
        }
        let (before, from) = self.list.split_at(self.next_start());
        for was_tried in [false, true] {
            for instance in from.iter().chain(before) {
                if tried.contains(&instance.address) == was_tried
                    && let Some(admitted) = admit(instance)
                {
                    return Some(admitted);
                }
            }
        }
        None
    }

    /// Where in the list this turn begins.
    fn next_start(&self) -> usize {
        match self.list.len() {
            0 | 1 => 0,
            count => self.next.fetch_add(1, Ordering::Relaxed) % count,
        }
    }

    /// The first instance in turn whose breaker admits the call; without a breaker there is no permit.
    ///
    /// # Errors
    /// `CircuitOpen` when all refuse, with the time until the first of them admits a probe.
    pub(crate) fn pick<'a: 'p, 'p>(
        &'a self,
        tried: &[Arc<str>],
        limits: &'p Limits,
        deadline: &Deadline,
        now: Instant,
        random: &'p Random,
    ) -> Result<(&'a Instance, Option<Permit<'p>>), Error> {
        let Some(policy) = &limits.breaker else {
            let first = self.in_turn(tried, |instance| Some((instance, None)));
            return first.ok_or_else(no_instance);
        };
        let lease = || {
            let attempt = limits.attempt_timeout.unwrap_or(Duration::MAX);
            attempt.min(deadline.remaining(now)) + LEASE_SLACK
        };
        let mut soonest = None::<Duration>;
        let admitted = self.in_turn(tried, |instance| {
            let admitted = instance.breaker.admit(policy, now, lease, random);
            let refused = |refused: Refused| {
                soonest = Some(soonest.map_or(refused.retry_after, |time| time.min(refused.retry_after)));
            };
            let permit = admitted.map_err(refused).ok()?;
            Some((instance, Some(permit)))
        });
        admitted.ok_or_else(|| soonest.map_or_else(no_instance, circuit_open))
    }
}

pub(crate) fn circuit_open(retry_after: Duration) -> Error {
    let message = format!("the breaker of every instance is open, for another {retry_after:.1?}");
    Error::new(ErrorKind::CircuitOpen, message).with_retry_after(retry_after)
}

fn no_instance() -> Error {
    Error::new(ErrorKind::Discovery, "the service has no instance")
}
