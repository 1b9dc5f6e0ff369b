//! What a client shows of its calls: figures and spans.

#[cfg(test)]
pub(crate) mod capture;
mod histogram;
mod metrics;
mod recorder;
mod service;
mod span;

pub(crate) use self::histogram::Histogram;
pub(crate) use self::metrics::millis;
pub use self::metrics::{EndpointMetrics, Latency, MetricsSnapshot, ServiceMetrics};
pub(crate) use self::recorder::{CallGuard, EndpointRecorder};
pub(crate) use self::service::ServiceRecorder;
pub(crate) use self::span::{
    CallFields, Labels, attempt_span, call_span, inside, record_instance, record_outcome, retry_event,
};
