//! Settings: where they come from, which one wins, and the policies they become.

mod policy;

pub use policy::{Backoff, BreakerPolicy, EnvelopePolicy, RetryPolicy};
