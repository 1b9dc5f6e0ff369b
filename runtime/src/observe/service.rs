//! The counters of one service: those of its endpoints, whose number is bounded, and what is no endpoint's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::recorder::{EndpointRecorder, Tally};
use crate::by_name::ByName;

/// The most endpoints of a service that have counters of their own.
const MOST_ENDPOINTS: usize = 1000;

/// Where the calls of all further endpoints are counted.
const OTHER: &str = "other";

/// The counters of one service.
pub(crate) struct ServiceRecorder {
    enabled: bool,
    /// The openings of breakers by time alone, which are of no call.
    trips: Arc<AtomicU64>,
    endpoints: RwLock<ByName<Arc<EndpointRecorder>>>,
}

impl ServiceRecorder {
    /// Counters that start at zero, or, where metrics are off, that count nothing.
    pub(crate) fn new(enabled: bool) -> Self {
        Self {
            enabled,
            trips: Arc::default(),
            endpoints: RwLock::default(),
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The counters of an endpoint: a method's name, or HTTP method and path template of an untyped call.
    ///
    /// To be asked for once an endpoint, not once a call, where that is possible.
    pub(crate) fn endpoint(&self, label: &str) -> Arc<EndpointRecorder> {
        if !self.enabled {
            return Arc::new(EndpointRecorder::off());
        }
        let known = {
            let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
            let shared = || endpoints.get(OTHER).filter(|_| endpoints.len() >= MOST_ENDPOINTS);
            endpoints.get(label).or_else(shared).cloned()
        };
        known.unwrap_or_else(|| self.add(label))
    }

    fn add(&self, label: &str) -> Arc<EndpointRecorder> {
        let mut endpoints = self.endpoints.write().unwrap_or_else(PoisonError::into_inner);
        let is_full = endpoints.len() >= MOST_ENDPOINTS && endpoints.get(label).is_none();
        let label = if is_full { OTHER } else { label };
        Arc::clone(endpoints.entry(label))
    }

    /// Where its breakers count what opened by time alone.
    pub(crate) fn trips_counter(&self) -> &Arc<AtomicU64> {
        &self.trips
    }

    pub(super) fn trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    pub(super) fn tallies(&self) -> Vec<(String, Tally)> {
        let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
        let tally = |(label, recorder): &(String, Arc<EndpointRecorder>)| (label.clone(), recorder.tally());
        endpoints.iter().map(tally).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn an_endpoint_keeps_its_counters() {
        let service = ServiceRecorder::new(true);
        assert!(Arc::ptr_eq(&service.endpoint("list"), &service.endpoint("list")));
    }

    #[test]
    fn endpoints_beyond_a_thousand_share_other() {
        let service = ServiceRecorder::new(true);
        for number in 0..2 * MOST_ENDPOINTS {
            service
                .endpoint(&format!("GET /{number}"))
                .begin()
                .finish(Ok(()), MS);
        }
        let tallies = service.tallies();
        assert_eq!(tallies.len(), MOST_ENDPOINTS + 1);
        let other = tallies.iter().find(|(label, _)| label == OTHER);
        assert_eq!(other.map(|(_, tally)| tally.begun), Some(1000));
        service.endpoint("GET /7").begin().finish(Ok(()), MS);
        assert_eq!(service.tallies().len(), MOST_ENDPOINTS + 1);
    }
}
