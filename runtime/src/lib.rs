#![doc = include_str!("../../README.md")]

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod __fuzz;
mod body;
mod by_name;
mod call;
mod client;
mod config;
pub mod context;
mod encode;
mod endpoint;
mod error;
mod events;
mod observe;
mod random;
mod reply;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;

pub use bytes;
pub use http;

pub use body::Body;
pub use call::CallOptions;
pub use call::breaker::BreakerState;
pub use client::{CallBuilder, Client, ClientBuilder, Health, ServiceClient, Shutdown};
pub use config::{Backoff, BreakerPolicy, EnvelopePolicy, RetryPolicy, ServiceConfig};
pub use context::Context;
pub use endpoint::{Endpoint, Service};
pub use error::{BoxError, Error, ErrorKind};
pub use events::{
    Callbacks, DeadLetter, DeadLetters, Delivery, Envelope, Event, EventFormat, EventMetrics, Events,
    EventsState, EventsWatch, HandlerError, Inbox, MessagingDialect, OutboxRelay, OutboxSource, Priority,
    Publish, PublishAll, PublishFailure, QueueMetrics, Receipt, Stage, Subscribe, Worker,
};
#[cfg(feature = "outbox")]
pub use events::{OutboxMetrics, Unsent};
pub use http::{HeaderMap, Method, StatusCode};
pub use observe::{EndpointMetrics, Latency, MetricsSnapshot, ServiceMetrics};
pub use reply::{ByteStream, FromReply, Page, Raw, Reply, Text};
pub use transport::{Sent, TransportError, TransportService};
pub use trunkline_macros::{Event, FromReply, service};

/// The result of a call: its error is [`Error`], unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the code that `#[service]` writes calls; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std::sync::Arc;

    use std::pin::Pin;

    /// What a method of an object-safe twin returns.
    pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

    /// A future on the heap.
    pub fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
        Box::pin(future)
    }

    pub use crate::call::Call;
    pub use crate::client::{bind, bind_at, call};
    pub use crate::encode::{
        BodyArgument, HeaderArgument, JsonArgument, OptionalPathValue, PathValue, QueryArgument,
    };
    pub use crate::endpoint::{Attributes, EnvelopeKeys, endpoint, service};
    pub use crate::events::{
        FromReceipt, HandledEvent, PublishOutcome, PublishedEvent, ServicePublish, borrowing_event,
        owned_event, publish,
    };
    pub use crate::reply::{Outcome, unexpected_status};
}
