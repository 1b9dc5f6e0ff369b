//! What a client shows of its calls: figures and spans.

mod histogram;
mod metrics;
mod recorder;
mod span;

pub use self::metrics::{EndpointMetrics, Latency, MetricsSnapshot, ServiceMetrics};
pub(crate) use self::recorder::{CallGuard, EndpointRecorder, ServiceRecorder};
pub(crate) use self::span::{
    CallFields, attempt_span, call_span, record_instance, record_outcome, retry_event,
};
