//! The shared handle of a process, and the faces it shows: typed, untyped, for health and for shutdown.

mod admission;
mod builder;
mod health;
mod plan;
mod request;
mod service;
mod shared;
mod state;

pub use admission::Shutdown;
pub(crate) use admission::{LONGEST_GRACE, shutting_down};
pub use builder::ClientBuilder;
pub use health::Health;
pub use request::CallBuilder;
pub use service::{ServiceClient, bind, bind_at, call};

pub(crate) use admission::{Entered, InFlight};
pub(crate) use plan::Plan;
pub(crate) use shared::{Shared, lock};
pub(crate) use state::EndpointState;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio::time::Instant;

use crate::config::{ServiceConfig, url_variable};
use crate::events::Events;
use crate::observe::MetricsSnapshot;
use crate::{Error, Result};

/// The way to every service: addresses, connections, policies, breakers and figures, shared by all calls of a process.
///
/// A cheap clone over one shared state; one for the whole process is the normal case. A typed client is made from it
/// by the `new` of what [`service`](macro@crate::service) writes, an untyped one by [`Client::service`].
///
/// ```
/// use trunkline::{Client, ServiceConfig};
///
/// # fn main() -> trunkline::Result<()> {
/// let client = Client::builder()
///     .service("model-service", ServiceConfig::new().url("http://10.0.0.1:8083"))
///     .build()?;
/// client.configure("model-service", |service| service.retries(5))?;
/// assert_eq!(client.metrics().total_calls, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

impl Client {
    /// A client to be configured in code.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A client as the process's surroundings say: `trunkline.toml` where there is one, then the environment.
    ///
    /// # Errors
    /// `Config` when a setting is wrong; the error names it, its value and what is allowed.
    pub fn from_env() -> Result<Self> {
        Self::builder().file_if_present("trunkline.toml")?.env()?.build()
    }

    /// The untyped client of a service, for what has no trait.
    pub fn service(&self, name: impl AsRef<str>) -> ServiceClient {
        ServiceClient::untyped(&self.shared, name.as_ref(), None)
    }

    /// One untyped call: the one-line form of [`Client::service`] and [`ServiceClient::request`].
    pub fn call(&self, service: impl AsRef<str>, method: Method, path: impl AsRef<str>) -> CallBuilder {
        self.service(service).request(method, path)
    }

    /// Changes the settings of a service at run time; the next call sees them.
    ///
    /// The closure gets what was configured at run time so far. These settings win over every file and variable. Of two
    /// changes of one service at the same time the later one wins whole.
    ///
    /// # Errors
    /// `Config` when the new settings are wrong; the old ones stay.
    pub fn configure(
        &self,
        service: impl AsRef<str>,
        change: impl FnOnce(ServiceConfig) -> ServiceConfig,
    ) -> Result<()> {
        self.shared.configure(service.as_ref(), change)
    }

    /// The events of this client: publishing and subscribing.
    pub fn events(&self) -> Events {
        Events::new(Arc::clone(&self.shared))
    }

    /// The figures of all calls and events so far.
    pub fn metrics(&self) -> MetricsSnapshot {
        self.shared.metrics()
    }

    /// Shuts its workers down, stops admission, waits for the calls in flight, all within `grace`, then closes its
    /// connections.
    ///
    /// Handlers of events finish first, since they may call and publish. Then new calls and publishes fail with
    /// `ShuttingDown`. Calls that are still in flight after the grace make no further attempt; the value says how many
    /// there are, with the handlers that were not done. Stored events that were not sent stay in the outbox.
    ///
    /// It returns about a second after the grace at the latest, and after the last write of the outbox. That second is for
    /// handlers that are dropped to end, which one that blocks its thread does not, and for the goodbye to the broker.
    pub async fn shutdown(&self, grace: Duration) -> Shutdown {
        let deadline = Instant::now() + grace.min(LONGEST_GRACE);
        let workers = self.shared.events.workers.shutdown(deadline).await;
        let left = deadline.saturating_duration_since(Instant::now());
        let calls = self.shared.admission.shutdown(left).await;
        #[cfg(feature = "outbox")]
        if let Some(outbox) = &self.shared.events.outbox {
            outbox.shutdown(deadline).await;
        }
        #[cfg(feature = "amqp")]
        self.shared.events.shutdown(deadline).await;
        self.shared.close();
        Shutdown {
            abandoned: calls.abandoned + workers,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.shared.name)
            .finish_non_exhaustive()
    }
}

/// Why a client has no plan for a service; `near` is a section of the file that may have been meant for it, or for another.
fn unknown_service(name: &str, near: Option<&str>) -> Error {
    let variable = url_variable(name).map_or_else(String::new, |variable| format!("{variable}, "));
    let hint = near.map_or_else(String::new, |near| {
        format!("; a section of the file with a similar name: `services.{near}`")
    });
    let message = format!(
        "no address is known for the service `{name}`: set {variable}`services.{name}.url` in trunkline.toml, \
         or `Client::builder().service(\"{name}\", ServiceConfig::new().url(…))`{hint}"
    );
    Error::new(crate::ErrorKind::Discovery, message)
}
