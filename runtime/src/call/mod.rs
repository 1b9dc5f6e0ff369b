//! The life of a call, one file a stage.

pub(crate) mod backoff;
pub(crate) mod breaker;
pub(crate) mod retry_after;
