//! The headers that carry a context.

use http::HeaderName;

pub(super) static X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
pub(super) static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(super) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(super) static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
pub(super) static BAGGAGE: HeaderName = HeaderName::from_static("baggage");
pub(super) static X_REQUEST_TIMEOUT_MS: HeaderName = HeaderName::from_static("x-request-timeout-ms");
pub(super) static X_RETRY_ATTEMPT: HeaderName = HeaderName::from_static("x-retry-attempt");
