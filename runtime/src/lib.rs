#![doc = include_str!("../../README.md")]

mod body;
mod call;
mod client;
mod config;
pub mod context;
mod encode;
mod endpoint;
mod error;
mod observe;
mod random;
mod reply;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;

pub use bytes;
pub use http;

pub use body::Body;
pub use config::{Backoff, BreakerPolicy, EnvelopePolicy, RetryPolicy};
pub use error::{BoxError, Error, ErrorKind};
pub use reply::{ByteStream, FromReply, Page, Raw, Reply, Text};
pub use transport::{Sent, TransportError};

/// The result of a call: `Result<T, trunkline::Error>`.
pub type Result<T, E = Error> = std::result::Result<T, E>;
