//! One service, as a typed client holds it and as untyped calls use it.

use std::fmt;
use std::sync::Arc;

use http::Method;

use super::request::CallBuilder;
use super::shared::Shared;
use super::state::{EndpointState, ServiceState};
use super::{Client, Health, health};
use crate::call::{Call, CallOptions};
use crate::endpoint::{Endpoint, Service};
use crate::events::{Events, Text};

/// The untyped client of a service; every typed client has one inside.
///
/// A cheap clone.
///
/// ```no_run
/// # async fn run(client: trunkline::Client) -> trunkline::Result<()> {
/// #[derive(serde::Deserialize)]
/// struct Order { id: u64 }
///
/// let orders = client.service("order-service");
/// let reply = orders.get("/api/v1/orders/{id}").path("id", 123).query("page", 1).send().await?;
/// let order: Order = reply.json()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServiceClient(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    state: Arc<ServiceState>,
    /// The trait behind a typed client, and its endpoints in the trait's order.
    bound: Option<(&'static Service, Arc<[Arc<EndpointState>]>)>,
    options: Option<Arc<CallOptions>>,
}

impl ServiceClient {
    pub(crate) fn untyped(shared: &Arc<Shared>, name: &str, address: Option<&str>) -> Self {
        let state = shared.service(name, address);
        Self(Arc::new(Handle {
            shared: Arc::clone(shared),
            state,
            bound: None,
            options: None,
        }))
    }

    fn typed(shared: &Arc<Shared>, service: &'static Service, address: Option<&str>) -> Self {
        let state = shared.service(service.name, address);
        let table = state.bind(shared, service);
        Self(Arc::new(Handle {
            shared: Arc::clone(shared),
            state,
            bound: Some((service, table)),
            options: None,
        }))
    }

    /// The name of the service.
    pub fn name(&self) -> &str {
        self.0.state.name()
    }

    /// The same client with these overrides on every call, over those that it has.
    pub fn with(&self, options: CallOptions) -> Self {
        let options = match &self.0.options {
            Some(weaker) => weaker.and(options),
            None => options,
        };
        let moved = match &options.base_url {
            None => Self(Arc::clone(&self.0)),
            Some(url) => self.at_address(url),
        };
        Self(Arc::new(Handle {
            shared: Arc::clone(&moved.0.shared),
            state: Arc::clone(&moved.0.state),
            bound: moved.0.bound.clone(),
            options: Some(Arc::new(options)),
        }))
    }

    fn at_address(&self, url: &str) -> Self {
        match &self.0.bound {
            Some((service, _)) => Self::typed(&self.0.shared, service, Some(url)),
            None => Self::untyped(&self.0.shared, self.name(), Some(url)),
        }
    }

    /// The same endpoint at another address.
    pub(crate) fn moved(&self, url: &str, endpoint: &Arc<EndpointState>) -> (Self, Arc<EndpointState>) {
        let there = self.at_address(url);
        let index = self
            .0
            .bound
            .as_ref()
            .and_then(|(_, table)| table.iter().position(|known| Arc::ptr_eq(known, endpoint)));
        let endpoint = match (index, &there.0.bound) {
            (Some(index), Some((_, table))) => Arc::clone(&table[index]),
            _ => there.0.state.untyped(
                &there.0.shared,
                &endpoint.labels.method,
                &endpoint.labels.template,
            ),
        };
        (there, endpoint)
    }

    /// A call by this method and path template.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as reqwest has it: a method is written, not kept"
    )]
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> CallBuilder {
        CallBuilder::new(self.clone(), &method, path.as_ref())
    }

    /// A `GET` of this path template; what is not in its placeholders goes by [`CallBuilder::query`].
    pub fn get(&self, path: impl AsRef<str>) -> CallBuilder {
        self.request(Method::GET, path)
    }

    /// A `POST` to this path template.
    pub fn post(&self, path: impl AsRef<str>) -> CallBuilder {
        self.request(Method::POST, path)
    }

    /// A `PUT` to this path template.
    pub fn put(&self, path: impl AsRef<str>) -> CallBuilder {
        self.request(Method::PUT, path)
    }

    /// A `PATCH` of this path template.
    pub fn patch(&self, path: impl AsRef<str>) -> CallBuilder {
        self.request(Method::PATCH, path)
    }

    /// A `DELETE` of this path template.
    pub fn delete(&self, path: impl AsRef<str>) -> CallBuilder {
        self.request(Method::DELETE, path)
    }

    /// A `HEAD` of this path template.
    pub fn head(&self, path: impl AsRef<str>) -> CallBuilder {
        self.request(Method::HEAD, path)
    }

    /// Whether an instance of the service says that it is well, without retry and breaker.
    ///
    /// Asks `/health`, or the path in the settings; healthy is a 2xx and, where the body has one, a `status` of
    /// `healthy`, `ok` or `up`.
    pub async fn health(&self) -> Health {
        health::ask(self).await
    }

    /// The events of the client that this one is made of, for what a `#[publish]` method does not say.
    pub fn events(&self) -> Events {
        Events::new(Arc::clone(self.shared()))
    }

    /// The name, as the target of an event.
    pub(crate) fn as_target(&self) -> Text {
        match &self.0.bound {
            Some((service, _)) => service.name.into(),
            None => Text::copy(self.name()),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    pub(crate) fn state(&self) -> &ServiceState {
        &self.0.state
    }

    /// Whether its calls go to this address already.
    pub(crate) fn is_at(&self, address: &str) -> bool {
        self.0.state.is_at(address)
    }

    pub(crate) fn options(&self) -> Option<&Arc<CallOptions>> {
        self.0.options.as_ref()
    }
}

impl fmt::Debug for ServiceClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ServiceClient");
        debug.field("name", &self.name());
        if let Some(address) = self.0.state.shown_address() {
            debug.field("address", &address);
        }
        debug.finish_non_exhaustive()
    }
}

/// A typed client's inside: the service wherever it is.
pub fn bind(client: &Client, service: &'static Service) -> ServiceClient {
    ServiceClient::typed(&client.shared, service, None)
}

/// A typed client's inside: the service at this address.
pub fn bind_at(client: &Client, service: &'static Service, url: &str) -> ServiceClient {
    ServiceClient::typed(&client.shared, service, Some(url))
}

/// A typed call, its arguments to come.
#[expect(
    clippy::missing_panics_doc,
    reason = "the code that the macro writes cannot reach it"
)]
pub fn call(service: &ServiceClient, endpoint: &'static Endpoint) -> Call {
    let (_, table) = service
        .0
        .bound
        .as_ref()
        .expect("only `bind` makes the inside of a typed client");
    Call::new(service.clone(), Arc::clone(&table[endpoint.index]))
}
