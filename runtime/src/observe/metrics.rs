//! The figures of a client at one moment, as its users read and serialise them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::histogram::Counts;
use super::recorder::Tally;
use super::service::ServiceRecorder;
use crate::BreakerState;
use crate::by_name::ByName;
use crate::events::EventMetrics;

/// What all calls of a client came to so far; made by `Client::metrics`.
///
/// Counts only grow, except for those in flight. A call that a breaker, a bulkhead or a shutdown refused is a failed
/// call. A call whose future was dropped is cancelled and neither a success nor a failure. Empty where metrics are
/// off.
///
/// ```
/// let metrics = trunkline::MetricsSnapshot::default();
/// assert_eq!(metrics.total_calls, 0);
/// assert_eq!(metrics.success_rate(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MetricsSnapshot {
    /// The calls begun: successful, failed, cancelled and in flight.
    pub total_calls: u64,
    /// The calls that gave their value.
    pub successful_calls: u64,
    /// The calls that gave an error, also one made here without asking the server.
    pub failed_calls: u64,
    /// The attempts that repeated a failed one.
    pub retry_count: u64,
    /// How often a breaker opened.
    pub circuit_breaker_trips: u64,
    /// The figures of each service by its name.
    pub services: BTreeMap<String, ServiceMetrics>,
    /// The figures of events.
    pub events: EventMetrics,
}

/// What the calls of one service came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ServiceMetrics {
    /// The calls begun: successful, failed, cancelled and in flight.
    pub total_calls: u64,
    /// The calls that gave their value.
    pub successful_calls: u64,
    /// The calls that gave an error, also one made here without asking the server.
    pub failed_calls: u64,
    /// The calls whose future was dropped before it was done.
    pub cancelled_calls: u64,
    /// The calls that are not done.
    pub in_flight: u64,
    /// The requests made, retries among them.
    pub attempts: u64,
    /// The attempts that repeated a failed one.
    pub retry_count: u64,
    /// How often the breaker of an instance opened.
    pub circuit_breaker_trips: u64,
    /// The failed calls by the kind of their error, as `deadline_exceeded`; kinds that did not occur are left out.
    pub failures: BTreeMap<&'static str, u64>,
    /// How long the calls took.
    pub latency: Latency,
    /// The state of each instance's breaker, by the instance's address.
    pub breakers: BTreeMap<String, BreakerState>,
    /// The figures of each endpoint: by the method's name, or by HTTP method and path template of untyped calls.
    ///
    /// At most 1000 have figures of their own; those that are first called later share the name `other`.
    pub endpoints: BTreeMap<String, EndpointMetrics>,
}

/// What the calls of one endpoint came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EndpointMetrics {
    /// The calls begun: successful, failed, cancelled and in flight.
    pub total_calls: u64,
    /// The calls that gave their value.
    pub successful_calls: u64,
    /// The calls that gave an error, also one made here without asking the server.
    pub failed_calls: u64,
    /// The calls whose future was dropped before it was done.
    pub cancelled_calls: u64,
    /// The calls that are not done.
    pub in_flight: u64,
    /// The requests made, retries among them.
    pub attempts: u64,
    /// The attempts that repeated a failed one.
    pub retry_count: u64,
    /// How often an attempt of these calls made the breaker of an instance open. One that opens since the time of its probe
    /// is over, which nobody came back from, counts for the service alone.
    pub circuit_breaker_trips: u64,
    /// The failed calls by the kind of their error, as `deadline_exceeded`; kinds that did not occur are left out.
    pub failures: BTreeMap<&'static str, u64>,
    /// How long the calls took.
    pub latency: Latency,
}

/// How long calls took, all attempts and waits of a call together.
///
/// Counts successful and failed calls that made at least one attempt: a refusal in a microsecond says nothing about
/// the service. Percentiles are told within 6.25 %, the maximum exactly. Serialised as milliseconds: `p50_ms`,
/// `p95_ms`, `p99_ms`, `max_ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Latency {
    /// How many calls these figures are of.
    pub count: u64,
    /// The median.
    #[serde(rename = "p50_ms", serialize_with = "millis")]
    pub p50: Duration,
    /// What 95 of 100 calls did not exceed.
    #[serde(rename = "p95_ms", serialize_with = "millis")]
    pub p95: Duration,
    /// What 99 of 100 calls did not exceed.
    #[serde(rename = "p99_ms", serialize_with = "millis")]
    pub p99: Duration,
    /// The longest.
    #[serde(rename = "max_ms", serialize_with = "millis")]
    pub max: Duration,
}

impl MetricsSnapshot {
    /// The part of finished calls that succeeded, from 0 to 1; `None` before the first is finished.
    pub fn success_rate(&self) -> Option<f64> {
        success_rate(self.successful_calls, self.failed_calls)
    }

    /// The figures of these services; those of one name are added up.
    pub(crate) fn collect<'a>(services: impl IntoIterator<Item = (&'a str, &'a ServiceRecorder)>) -> Self {
        let mut parts: ByName<Part> = ByName::default();
        for (name, recorder) in services.into_iter().filter(|(_, recorder)| recorder.is_enabled()) {
            parts.entry(name).add(recorder);
        }
        let mut snapshot = Self::default();
        for (name, part) in parts {
            snapshot.insert(name, part.figures());
        }
        snapshot
    }

    fn insert(&mut self, name: String, service: ServiceMetrics) {
        self.total_calls += service.total_calls;
        self.successful_calls += service.successful_calls;
        self.failed_calls += service.failed_calls;
        self.retry_count += service.retry_count;
        self.circuit_breaker_trips += service.circuit_breaker_trips;
        self.services.insert(name, service);
    }
}

impl ServiceMetrics {
    /// The part of finished calls that succeeded, from 0 to 1; `None` before the first is finished.
    pub fn success_rate(&self) -> Option<f64> {
        success_rate(self.successful_calls, self.failed_calls)
    }
}

impl EndpointMetrics {
    /// The part of finished calls that succeeded, from 0 to 1; `None` before the first is finished.
    pub fn success_rate(&self) -> Option<f64> {
        success_rate(self.successful_calls, self.failed_calls)
    }
}

/// One service while its recorders are added up.
#[derive(Default)]
struct Part {
    /// Those that are of no endpoint.
    trips: u64,
    endpoints: ByName<Tally>,
}

impl Part {
    fn add(&mut self, recorder: &ServiceRecorder) {
        self.trips += recorder.trips();
        for (label, tally) in recorder.tallies() {
            self.endpoints.entry(&label).add(&tally);
        }
    }

    fn figures(self) -> ServiceMetrics {
        let mut sum = Tally::default();
        self.endpoints.iter().for_each(|(_, tally)| sum.add(tally));
        let all = EndpointMetrics::from(sum);
        let mut endpoints = BTreeMap::new();
        for (label, tally) in self.endpoints {
            endpoints.insert(label, tally.into());
        }
        ServiceMetrics {
            total_calls: all.total_calls,
            successful_calls: all.successful_calls,
            failed_calls: all.failed_calls,
            cancelled_calls: all.cancelled_calls,
            in_flight: all.in_flight,
            attempts: all.attempts,
            retry_count: all.retry_count,
            circuit_breaker_trips: all.circuit_breaker_trips + self.trips,
            failures: all.failures,
            latency: all.latency,
            breakers: BTreeMap::new(),
            endpoints,
        }
    }
}

impl From<Tally> for EndpointMetrics {
    fn from(tally: Tally) -> Self {
        let mut failures = BTreeMap::new();
        for (kind, count) in tally.failures() {
            failures.insert(kind, count);
        }
        let failed_calls = failures.values().sum();
        Self {
            total_calls: tally.begun,
            successful_calls: tally.successes,
            failed_calls,
            cancelled_calls: tally.cancelled,
            in_flight: tally
                .begun
                .saturating_sub(tally.successes + failed_calls + tally.cancelled),
            attempts: tally.attempts,
            retry_count: tally.retries,
            circuit_breaker_trips: tally.trips,
            failures,
            latency: Latency::from(&tally.latencies),
        }
    }
}

impl From<&Counts> for Latency {
    fn from(counts: &Counts) -> Self {
        Self {
            count: counts.count(),
            p50: counts.percentile(50),
            p95: counts.percentile(95),
            p99: counts.percentile(99),
            max: counts.max(),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate needs no more than the 52 bits that are kept"
)]
fn success_rate(successes: u64, failures: u64) -> Option<f64> {
    let finished = successes + failures;
    (finished > 0).then(|| successes as f64 / finished as f64)
}

/// A duration as a number of milliseconds.
pub(crate) fn millis<S: Serializer>(latency: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(latency.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::ErrorKind;

    const MS: Duration = Duration::from_millis(1);

    fn recorder(endpoint: &str, outcomes: &[Result<(), ErrorKind>]) -> ServiceRecorder {
        let service = ServiceRecorder::new(true);
        let recorder = service.endpoint(endpoint);
        for outcome in outcomes {
            let mut call = recorder.begin();
            call.attempt();
            call.finish(*outcome, 10 * MS);
        }
        service
    }

    #[test]
    fn figures_add_up_from_endpoints_to_services_to_the_client() {
        let orders = recorder("list", &[Ok(()), Ok(()), Err(ErrorKind::Timeout)]);
        let endpoint = orders.endpoint("GET /o/{id}");
        let call = endpoint.begin();
        call.trip();
        call.finish(Ok(()), MS);
        orders.trips_counter().fetch_add(1, Ordering::Relaxed);
        let chat = recorder("chat", &[Err(ErrorKind::CircuitOpen)]);
        let snapshot = MetricsSnapshot::collect([("order-service", &orders), ("chat-service", &chat)]);
        assert_eq!(
            (
                snapshot.total_calls,
                snapshot.successful_calls,
                snapshot.failed_calls
            ),
            (5, 3, 2)
        );
        assert_eq!(
            (snapshot.circuit_breaker_trips, snapshot.success_rate()),
            (2, Some(0.6))
        );
        let service = &snapshot.services["order-service"];
        assert_eq!(
            (service.total_calls, service.attempts, service.success_rate()),
            (4, 3, Some(0.75))
        );
        assert_eq!(service.failures, BTreeMap::from([("timeout", 1)]));
        assert_eq!(service.endpoints["list"].total_calls, 3);
        let trips = |name| service.endpoints[name].circuit_breaker_trips;
        assert_eq!((trips("list"), trips("GET /o/{id}")), (0, 1));
        assert_eq!(service.endpoints["GET /o/{id}"].success_rate(), Some(1.0));
    }

    #[test]
    fn recorders_of_one_service_are_added_up() {
        let (one, other) = (recorder("list", &[Ok(())]), recorder("list", &[Ok(()), Ok(())]));
        let snapshot = MetricsSnapshot::collect([("s", &one), ("s", &other)]);
        assert_eq!(snapshot.services["s"].endpoints["list"].latency.count, 3);
        assert_eq!(snapshot.total_calls, 3);
    }

    #[test]
    fn there_is_no_success_rate_before_a_call_is_done() {
        let service = ServiceRecorder::new(true);
        let endpoint = service.endpoint("list");
        let running = endpoint.begin();
        let snapshot = MetricsSnapshot::collect([("s", &service)]);
        assert_eq!((snapshot.total_calls, snapshot.success_rate()), (1, None));
        assert_eq!(snapshot.services["s"].in_flight, 1);
        drop(running);
        assert_eq!(MetricsSnapshot::collect([("s", &service)]).success_rate(), None);
    }

    #[test]
    fn serialises_with_the_units_in_the_names() {
        let service = recorder("list", &[Ok(())]);
        let snapshot = MetricsSnapshot::collect([("s", &service)]);
        let json = serde_json::to_value(&snapshot).expect("plain data");
        assert_eq!(json["services"]["s"]["latency"]["max_ms"], 10.0);
        assert_eq!(json["services"]["s"]["endpoints"]["list"]["successful_calls"], 1);
        assert_eq!(json["circuit_breaker_trips"], 0);
    }

    #[test]
    fn metrics_that_are_off_are_empty() {
        let service = ServiceRecorder::new(false);
        service.trips_counter().fetch_add(1, Ordering::Relaxed);
        let endpoint = service.endpoint("list");
        let mut call = endpoint.begin();
        call.attempt();
        call.trip();
        call.finish(Ok(()), MS);
        assert_eq!(
            MetricsSnapshot::collect([("s", &service)]),
            MetricsSnapshot::default()
        );
    }
}
