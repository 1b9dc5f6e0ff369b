//! An untyped call being put together.

use std::fmt::{self, Display};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use http::Method;
use serde::Serialize;

use super::service::ServiceClient;
use crate::call::{Call, CallOptions};
use crate::config::Backoff;
use crate::reply::{FromReply, Raw, Reply};
use crate::{Body, Result};

/// An untyped call being put together; [`send`](CallBuilder::send) makes it.
///
/// A mistake in an argument is an error of the call, and nothing is sent then.
///
/// ```no_run
/// # async fn run(client: trunkline::Client) -> trunkline::Result<()> {
/// use std::time::Duration;
///
/// let reply = client
///     .service("order-service")
///     .get("/api/v1/orders/{id}")
///     .path("id", 123)
///     .query("expand", ["lines", "customer"])
///     .header("X-Tenant", "a")
///     .timeout(Duration::from_secs(5))
///     .send()
///     .await?;
/// assert_eq!(reply.status(), 200);
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is sent"]
pub struct CallBuilder {
    call: Call,
    options: CallOptions,
}

impl CallBuilder {
    pub(super) fn new(service: ServiceClient, method: &Method, path: &str) -> Self {
        let endpoint = service.state().untyped(service.shared(), method, path);
        Self {
            call: Call::named(service, endpoint),
            options: CallOptions::new(),
        }
    }

    /// The value of a placeholder of the path, in any order.
    pub fn path(mut self, name: &str, value: impl Display) -> Self {
        self.call = self.call.path_named(name, &value);
        self
    }

    /// A query parameter: a scalar, a sequence (which repeats the name), an `Option`; a struct or map spreads its
    /// fields instead.
    pub fn query(mut self, name: &str, value: impl Serialize) -> Self {
        self.call = self.call.query(name, &value);
        self
    }

    /// A header, instead of any other value that it would have.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.options = self.options.header(name, value);
        self
    }

    /// The value as a JSON body, in which a float that is `NaN` or infinite is `null`. A call has one body at most, and a `GET` or `HEAD` none.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.call = self.call.expect_no_body().json(&value);
        self
    }

    /// The value's fields as a form.
    pub fn form<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.call = self.call.expect_no_body().form(&value);
        self
    }

    /// Bytes, text or a stream as the body; `Content-Type` is then yours to set.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.call = self.call.expect_no_body().body(body);
        self
    }

    /// Bounds the whole call, 1 ms to 24 h.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options = self.options.timeout(timeout);
        self
    }

    /// Bounds each attempt up to the response's head, 1 ms to 24 h.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options = self.options.attempt_timeout(timeout);
        self
    }

    /// How often to try again after the first attempt, at most 100 times; 0 turns retries off.
    pub fn retries(mut self, times: u32) -> Self {
        self.options = self.options.retries(times);
        self
    }

    /// How the delay between attempts grows.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.options = self.options.backoff(backoff);
        self
    }

    /// Whether the call asks and feeds the breakers; `true` brings the default policy back where they are off.
    pub fn breaker(mut self, on: bool) -> Self {
        self.options = self.options.breaker(on);
        self
    }

    /// Declares the call safe to repeat, under this key in `Idempotency-Key`.
    pub fn idempotency_key(mut self, key: impl AsRef<str>) -> Self {
        self.options = self.options.idempotency_key(key);
        self
    }

    /// Goes to this address instead of where the service is.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.options = self.options.base_url(url);
        self
    }

    /// Makes the call.
    ///
    /// # Errors
    /// A status outside 2xx is [`Status`](crate::ErrorKind::Status), a failed envelope
    /// [`Business`](crate::ErrorKind::Business); everything else as [`ErrorKind`](crate::ErrorKind) says.
    pub async fn send(self) -> Result<Reply<Raw>> {
        self.fetch().await
    }

    /// Makes the call and reads its reply as this type, as a method of a service would.
    ///
    /// # Errors
    /// As [`send`](Self::send), and `Decode` when the reply is not of this type.
    pub async fn fetch<T: FromReply + Send>(self) -> Result<T> {
        self.call.overridden(self.options).send().await
    }
}

impl IntoFuture for CallBuilder {
    type Output = Result<Reply<Raw>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for CallBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallBuilder")
            .field("call", &self.call)
            .field("options", &self.options)
            .finish()
    }
}
