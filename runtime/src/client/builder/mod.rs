//! Everything that can be said of a client before it exists.

mod events;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::Client;
use super::shared::{Parts, Shared};
use crate::config::{
    BreakerPolicy, EnvSnapshot, FileSettings, RetryPolicy, ServiceConfig, Sources, check_caller_name,
    executable_name,
};
use crate::endpoint::Endpoint;
use crate::events::{EventSettings, parse_events_url};
#[cfg(feature = "outbox")]
use crate::events::{Outbox, OutboxSettings};
use crate::random::Random;
use crate::transport::{Base, HttpOptions, HttpVersions, Layers, Proxy, TransportService, Transports, erase};
use crate::{Body, BoxError, Result};

/// The most bytes of a body that are read into memory, unless it is raised.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Everything that can be said of a client before it exists.
///
/// Settings come from here, from files and from the environment; among them the one applied last wins, field by
/// field. Nothing is read or connected before it is asked for.
///
/// ```
/// use std::time::Duration;
/// use trunkline::{Client, ServiceConfig};
///
/// # fn main() -> trunkline::Result<()> {
/// let client = Client::builder()
///     .name("checkout")
///     .timeout(Duration::from_secs(5))
///     .service("orders", ServiceConfig::new().url("http://10.0.0.1:8080").url("http://10.0.0.2:8080"))
///     .env_from([("ORDERS_TIMEOUT", "2.5")])?
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    name: Option<String>,
    sources: Sources,
    metrics: Option<bool>,
    logging: Option<bool>,
    seed: Option<u64>,
    max_body: usize,
    http: HttpOptions,
    proxy: Option<String>,
    layers: Layers,
    events: EventSettings,
    events_url: Option<String>,
    #[cfg(feature = "outbox")]
    outbox: OutboxSettings,
    #[cfg(feature = "testing")]
    script: Option<crate::testing::Script>,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: None,
            sources: Sources::default(),
            metrics: None,
            logging: None,
            seed: None,
            max_body: MAX_BODY,
            http: HttpOptions::default(),
            proxy: None,
            layers: Layers::default(),
            events: EventSettings::default(),
            events_url: None,
            #[cfg(feature = "outbox")]
            outbox: OutboxSettings::default(),
            #[cfg(feature = "testing")]
            script: None,
        }
    }

    /// Who is calling: `x-caller-service` and the source of events, in visible ASCII without spaces. The executable's
    /// name unless set.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Settings of one service, over what was said of it before.
    pub fn service(mut self, name: impl Into<String>, config: ServiceConfig) -> Self {
        self.sources.push_service(name, config);
        self
    }

    /// Says which endpoints a service has, as `{Trait}Client::ENDPOINTS` lists them, so that settings may name them before
    /// that trait is bound.
    ///
    /// Settings of an endpoint that no bound trait of the service has are an error of its calls. Needed where several traits
    /// stand for one service and are bound at different times.
    ///
    /// ```
    /// use trunkline::{Client, Result, service};
    ///
    /// #[service("order-service")]
    /// trait Refunds {
    ///     #[post("/refunds/{id}")]
    ///     async fn refund(&self, id: u64) -> Result<()>;
    /// }
    ///
    /// # fn main() -> Result<()> {
    /// let client = Client::builder().endpoints("order-service", RefundsClient::ENDPOINTS).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn endpoints(mut self, service: impl Into<String>, endpoints: &'static [&'static Endpoint]) -> Self {
        let names = endpoints.iter().map(|endpoint| endpoint.name);
        self.sources.push_endpoints(&service.into(), names);
        self
    }

    /// Settings of all services that have none of their own.
    pub fn defaults(mut self, config: ServiceConfig) -> Self {
        self.sources.push_defaults(config);
        self
    }

    /// Bounds every whole call, 1 ms to 24 h. 30 s unless set.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.defaults(ServiceConfig::new().timeout(timeout))
    }

    /// Bounds every attempt up to the response's head, 1 ms to 24 h. The rest of the call unless set.
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.defaults(ServiceConfig::new().attempt_timeout(timeout))
    }

    /// Bounds every connection being made, TLS included, 1 ms to 24 h. 1 s unless set.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.defaults(ServiceConfig::new().connect_timeout(timeout))
    }

    /// How often to try again after the first attempt, at most 100 times. 3 unless set; 0 turns retries off.
    pub fn retries(self, times: u32) -> Self {
        self.defaults(ServiceConfig::new().retries(times))
    }

    /// When and how often to try again.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.defaults(ServiceConfig::new().retry(policy))
    }

    /// When the breaker of an instance opens, and for how long.
    pub fn breaker(self, policy: BreakerPolicy) -> Self {
        self.defaults(ServiceConfig::new().breaker(policy))
    }

    /// Reads this `trunkline.toml`.
    ///
    /// # Errors
    /// `Config` when it is missing or wrong; the error names the file, the key, the value and what is allowed.
    pub fn file(mut self, path: impl AsRef<Path>) -> Result<Self> {
        self.sources.push_file(FileSettings::read(path.as_ref())?);
        Ok(self)
    }

    /// Reads this `trunkline.toml` where there is one.
    ///
    /// # Errors
    /// `Config` when it is there and wrong.
    pub fn file_if_present(mut self, path: impl AsRef<Path>) -> Result<Self> {
        if let Some(file) = FileSettings::read_if_present(path.as_ref())? {
            self.sources.push_file(file);
        }
        Ok(self)
    }

    /// Takes a snapshot of the process's environment.
    ///
    /// # Errors
    /// `Config` when a client-wide name has a bad value; a service's own names are read when it is first named.
    pub fn env(mut self) -> Result<Self> {
        self.sources.push_env(EnvSnapshot::from_process())?;
        Ok(self)
    }

    /// Takes these names and values as an environment, and nothing of the process's own.
    ///
    /// # Errors
    /// As [`env`](Self::env).
    pub fn env_from<N, V>(mut self, pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self>
    where
        N: Into<String>,
        V: Into<String>,
    {
        self.sources.push_env(EnvSnapshot::from_pairs(pairs))?;
        Ok(self)
    }

    /// Reads a `.env` file: weaker than the environment, which it never changes.
    ///
    /// # Errors
    /// `Config` when it is missing or wrong; the error names the file and the line.
    pub fn env_file(mut self, path: impl AsRef<Path>) -> Result<Self> {
        self.sources
            .push_env_file(EnvSnapshot::from_file(path.as_ref())?)?;
        Ok(self)
    }

    /// Whether calls are counted. `true` unless set; without it the snapshot is empty.
    pub fn metrics(mut self, on: bool) -> Self {
        self.metrics = Some(on);
        self
    }

    /// Whether calls make spans and events. `true` unless set.
    pub fn logging(mut self, on: bool) -> Self {
        self.logging = Some(on);
        self
    }

    /// Makes all randomness (jitter, ids) repeatable, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The most bytes of a reply that are read into memory. 64 MiB unless set; streams have no such bound.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Trusts these certificates, in PEM, beside the platform's.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http.tls.root_certificates.push(pem.into());
        self
    }

    /// Sends all requests through this proxy, `http://[user:password@]host:port`. The environment's proxy names are not
    /// read: calls between services go directly unless said otherwise.
    pub fn proxy(mut self, address: impl Into<String>) -> Self {
        self.proxy = Some(address.into());
        self
    }

    /// Speaks HTTP/2 from the first byte, also without TLS; instead of an earlier [`http1_only`](Self::http1_only).
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.http.versions = HttpVersions::Http2Only;
        self
    }

    /// Never speaks HTTP/2; instead of an earlier [`http2_prior_knowledge`](Self::http2_prior_knowledge). Unless one of them
    /// is called, it is spoken over TLS where the server offers it.
    pub fn http1_only(mut self) -> Self {
        self.http.versions = HttpVersions::Http1Only;
        self
    }

    /// Puts a middleware around the transport: every attempt goes through it. The first one added is outermost.
    ///
    /// Its errors count as [`Sent::Perhaps`](crate::Sent::Perhaps) unless they are a
    /// [`TransportError`](crate::TransportError).
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<TransportService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<Body>>>::Future: Send,
    {
        self.layers.0.push(erase(layer));
        self
    }

    /// Answers every request from this script instead of the network.
    #[cfg(feature = "testing")]
    pub fn scripted(mut self, script: &crate::testing::Script) -> Self {
        self.script = Some(script.clone());
        self
    }

    /// The client.
    ///
    /// # Errors
    /// `Config` when a setting is wrong; the error names it, its value and what is allowed.
    pub fn build(self) -> Result<Client> {
        self.sources.validate()?;
        let mut http = self.http;
        if let Some(proxy) = &self.proxy {
            http.proxy = Some(Proxy::parse(proxy)?);
        }
        let env = self.sources.client_env();
        let logging = self.logging.or(env.logging_enabled).unwrap_or(true);
        http.tls.silent = !logging;
        let mut events = self.events;
        events.urls = match self.events_url {
            Some(address) => parse_events_url(&address, &events.http)?,
            None => env.messaging_url.unwrap_or_default(),
        };
        #[cfg(feature = "amqp")]
        {
            events.tls = http.tls.clone();
        }
        #[cfg(feature = "outbox")]
        {
            events.outbox = Outbox::open(&self.outbox)?;
        }
        let name = self.name.or(env.caller).unwrap_or_else(executable_name);
        check_caller_name(&name)?;
        #[cfg(feature = "testing")]
        let base = self.script.map_or_else(|| Base::Http(http), Base::Scripted);
        #[cfg(not(feature = "testing"))]
        let base = Base::Http(http);
        let shared = Shared::new(Parts {
            name: name.into(),
            environment: env.environment.unwrap_or_default().as_str(),
            logging,
            metrics: self.metrics.or(env.metrics_enabled).unwrap_or(true),
            max_body: self.max_body,
            random: self.seed.map_or_else(Random::from_entropy, Random::from_seed),
            transports: Transports::new(base, self.layers),
            sources: self.sources,
            events,
        });
        let shared = Arc::new(shared);
        shared.events.attach(&shared);
        #[cfg(feature = "outbox")]
        shared.events.start(&shared);
        Ok(Client { shared })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("name", &self.name)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}
