//! What one endpoint's calls do, decided once and not at every call: settings resolved, template parsed, headers made.

use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::shared::Shared;
use super::state::{EndpointState, ServiceState};
use super::unknown_service;
use crate::call::Instances;
use crate::config::{Policy, ServiceLevel, Settings, Sources};
use crate::endpoint::{Attributes, PathTemplate};
use crate::transport::Transport;
use crate::{Error, ErrorKind, Result};

/// What the source says of an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// The method's name, by which settings may know it; `None` for an untyped call.
    pub(crate) name: Option<&'static str>,
    pub(crate) prefix: &'static str,
    pub(crate) service: Attributes,
    pub(crate) endpoint: Attributes,
}

/// The decided form of an endpoint; made anew when the settings change.
pub(crate) struct Plan {
    pub(crate) template: PathTemplate,
    pub(crate) policy: Policy,
    /// The headers that every attempt carries.
    pub(crate) headers: HeaderMap,
    /// The header of a declared idempotency key.
    pub(crate) idempotency: Option<HeaderName>,
    pub(crate) none_on: &'static [u16],
    pub(crate) instances: Arc<Instances>,
    pub(crate) transport: Transport,
}

impl Plan {
    /// The plan, or the error that every call of this endpoint gets.
    pub(crate) fn new(
        shared: &Shared,
        sources: &Sources,
        service: &ServiceState,
        endpoint: &EndpointState,
    ) -> Result<Self> {
        let configured = sources.service(service.name())?;
        check_endpoint_names(service, &configured)?;
        let level = &endpoint.level;
        let policy = resolve(sources, &configured, level)?;
        let urls = urls(service, &configured)?;
        Ok(Self {
            template: PathTemplate::parse(&crate::endpoint::join(level.prefix, &endpoint.key.path))?,
            headers: headers(shared, service, &policy),
            idempotency: idempotency(level)?,
            none_on: level.endpoint.none_on,
            instances: service.instances(&urls)?,
            transport: shared.transports.get(policy.connect_timeout)?,
            policy,
        })
    }
}

/// The settings of this endpoint, the most specific first; on one level configuration beats the attribute.
fn resolve(sources: &Sources, configured: &ServiceLevel, level: &Level) -> Result<Policy> {
    let nothing = Settings::default();
    let endpoint = level.name.and_then(|name| configured.endpoints.get(name)).unwrap_or(&nothing);
    let written_endpoint = settings_of(&level.endpoint)?;
    let written_service = settings_of(&level.service)?;
    let defaults = sources.defaults();
    Ok(Policy::resolve(&[endpoint, &written_endpoint, &configured.service, &written_service, &defaults]))
}

fn settings_of(attributes: &Attributes) -> Result<Settings> {
    Settings::from_attributes(attributes)
}

fn urls(service: &ServiceState, configured: &ServiceLevel) -> Result<Vec<String>> {
    match (service.address(), &configured.service.urls) {
        (Some(address), _) => Ok(vec![address.to_owned()]),
        (None, Some(urls)) if !urls.is_empty() => Ok(urls.clone()),
        (None, _) => Err(unknown_service(service.name())),
    }
}

fn check_endpoint_names(service: &ServiceState, configured: &ServiceLevel) -> Result<()> {
    let Some(known) = service.endpoint_names() else { return Ok(()) };
    match configured.endpoints.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let message = format!(
                "`services.{}.endpoints.{name}` names no endpoint; the service has `{}`",
                service.name(),
                known.join("`, `")
            );
            Err(Error::new(ErrorKind::Config, message))
        }
    }
}

fn headers(shared: &Shared, service: &ServiceState, policy: &Policy) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(policy.headers.len() + 12);
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("trunkline/", env!("CARGO_PKG_VERSION"))));
    // A service's name or ours that is not a legal header value is left out rather than half-sent.
    for (name, value) in [("x-service-name", service.name()), ("x-caller-service", &shared.name)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    for (name, value) in &policy.headers {
        headers.insert(name.clone(), value.clone());
    }
    headers
}

fn idempotency(level: &Level) -> Result<Option<HeaderName>> {
    let Some(name) = level.endpoint.idempotent else { return Ok(None) };
    HeaderName::from_bytes(name.as_bytes()).map(Some).map_err(|_| {
        Error::new(ErrorKind::Config, format!("`idempotent(header = \"{name}\")` is not a header name"))
    })
}

/// The milliseconds of an attribute.
pub(crate) fn milliseconds(value: Option<u64>) -> Option<Duration> {
    value.map(Duration::from_millis)
}
