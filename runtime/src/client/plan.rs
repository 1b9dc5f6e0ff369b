//! What one endpoint's calls do, decided once and not at every call: settings resolved, template parsed, headers made.

use std::sync::Arc;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, StatusCode};
use url::Url;

use super::shared::Shared;
use super::state::ServiceState;
use super::unknown_service;
use crate::call::{Instances, JSON, check_framing};
use crate::config::{Policy, ServiceLevel, Settings, Sources, check_service_name, parse_base_url};
use crate::context::{CallContext, Room, UsualTimeout};
use crate::endpoint::{Attributes, PathTemplate};
use crate::observe::Labels;
use crate::transport::{Transport, expects_body};
use crate::{Error, ErrorKind, Result};

const X_SERVICE_NAME: HeaderName = HeaderName::from_static("x-service-name");
const X_CALLER_SERVICE: HeaderName = HeaderName::from_static("x-caller-service");

/// What the source says of an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// The method's name, by which settings may know it; `None` for an untyped call.
    pub(crate) name: Option<&'static str>,
    pub(crate) service: Attributes,
    pub(crate) endpoint: Attributes,
}

impl Level {
    /// The source says nothing of an untyped call.
    pub(crate) fn untyped() -> Self {
        Self {
            name: None,
            service: Attributes::new(),
            endpoint: Attributes::new(),
        }
    }

    /// One question, one answer, and its status decides.
    pub(crate) fn health() -> Self {
        let endpoint = Attributes::new().retry_off().breaker_off().envelope_off();
        Self {
            name: None,
            service: Attributes::new(),
            endpoint,
        }
    }
}

/// The decided form of an endpoint; made anew when the settings change.
pub(crate) struct Plan {
    pub(crate) template: Arc<PathTemplate>,
    pub(crate) policy: Policy,
    /// The headers that every attempt carries, with an entry for each that an attempt writes over: a copy that does
    /// not grow is one allocation less.
    pub(crate) headers: HeaderMap,
    /// Where among them those of the context are.
    pub(crate) room: Room,
    pub(crate) usual_timeout: UsualTimeout,
    /// Whether the endpoint's own headers say what its body is. A service's say nothing of it: its endpoints differ.
    pub(crate) names_content_type: bool,
    /// Whether the content type among the headers is a guess, for a call without a body to take out again.
    pub(crate) expects_json: bool,
    /// The header of a declared idempotency key.
    pub(crate) idempotency: Option<HeaderName>,
    pub(crate) none_on: &'static [u16],
    pub(crate) instances: Arc<Instances>,
    pub(crate) transport: Transport,
}

impl Plan {
    /// Whether this status is an absent value.
    #[inline]
    pub(crate) fn is_absent(&self, status: StatusCode) -> bool {
        // Few endpoints have any.
        !self.none_on.is_empty() && self.none_on.contains(&status.as_u16())
    }
}

/// What the endpoints of one service are planned from.
pub(crate) struct Planner<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) sources: &'a Sources,
    pub(crate) service: &'a ServiceState,
    /// The endpoints that settings may name.
    pub(crate) names: Vec<&'static str>,
}

impl Planner<'_> {
    /// The plan, or the error that every call of this endpoint gets.
    pub(crate) fn plan(&self, level: &Level, method: &Method, template: &str) -> Result<Plan> {
        let Self {
            shared,
            sources,
            service,
            names,
        } = self;
        check_service_name(service.name())?;
        check_method(method)?;
        let configured = sources.service(service.name())?;
        sources.check_endpoints(service.name(), &configured, names)?;
        let policy = resolve(sources, &configured, level)?;
        let mut headers = headers(shared, service, &policy);
        check_framing(&headers, ErrorKind::Config)?;
        let names_content_type = names_content_type(&configured, level);
        let expects_json = expects_body(method) && !headers.contains_key(CONTENT_TYPE);
        if expects_json {
            headers.insert(CONTENT_TYPE, JSON);
        }
        Ok(Plan {
            template: Arc::new(PathTemplate::parse(template)?),
            room: Room::of(&headers),
            headers,
            usual_timeout: UsualTimeout::of(policy.limits.timeout),
            names_content_type,
            expects_json,
            idempotency: idempotency(level)?,
            none_on: level.endpoint.none_on,
            instances: service.instances(&self.urls(&configured)?),
            transport: shared.transports.get(policy.connect_timeout)?,
            policy,
        })
    }

    fn urls(&self, configured: &ServiceLevel) -> Result<Vec<Url>> {
        let name = self.service.name();
        match (self.service.address(), &configured.service.urls) {
            (Some(address), _) => Ok(vec![parse_base_url(address)?]),
            (None, Some(urls)) if !urls.is_empty() => Ok(urls.clone()),
            (None, _) => Err(unknown_service(name, self.sources.near_section(name, |_| false))),
        }
    }

    /// What the figures and spans of an endpoint are under.
    pub(crate) fn labels(&self, endpoint: &str, method: Method, template: &str) -> Labels {
        Labels {
            service: Arc::clone(self.service.name()),
            endpoint: endpoint.into(),
            method,
            template: template.to_owned(),
            environment: self.shared.environment,
        }
    }
}

/// A tunnel has no path, and nobody here would read what comes through it.
fn check_method(method: &Method) -> Result<()> {
    if *method == Method::CONNECT {
        let message = "`CONNECT` asks for a tunnel and has no path; expected another method";
        return Err(Error::new(ErrorKind::Request, message));
    }
    Ok(())
}

/// Where the service says whether it is well.
pub(crate) fn health_path(sources: &Sources, service: &ServiceState) -> Result<String> {
    let configured = sources.service(service.name())?;
    Ok(resolve(sources, &configured, &Level::untyped())?.health_path)
}

/// The settings of this endpoint, the most specific first; on one level configuration beats the attribute.
fn resolve(sources: &Sources, configured: &ServiceLevel, level: &Level) -> Result<Policy> {
    let nothing = Settings::default();
    let endpoint = level
        .name
        .and_then(|name| configured.endpoints.get(name))
        .unwrap_or(&nothing);
    let written_endpoint = level.endpoint.settings()?;
    let written_service = level.service.settings()?;
    let defaults = sources.defaults();
    Ok(Policy::resolve(&[
        endpoint,
        &written_endpoint,
        &configured.service,
        &written_service,
        &defaults,
    ]))
}

fn headers(shared: &Shared, service: &ServiceState, policy: &Policy) -> HeaderMap {
    let own = policy.headers.as_slice();
    let mut headers = HeaderMap::with_capacity(own.len() + 5 + CallContext::HEADERS);
    CallContext::make_room(&mut headers);
    // Any type will do; some servers want that said.
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("trunkline/", env!("CARGO_PKG_VERSION"))),
    );
    // Both names are checked, and legal.
    for (name, value) in [(X_SERVICE_NAME, service.name()), (X_CALLER_SERVICE, &shared.name)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    for (name, _) in own {
        headers.remove(name);
    }
    for (name, value) in own {
        headers.append(name.clone(), value.clone());
    }
    headers
}

fn names_content_type(configured: &ServiceLevel, level: &Level) -> bool {
    let configured = level.name.and_then(|name| configured.endpoints.get(name));
    let written = level.endpoint.headers.iter();
    configured.is_some_and(|endpoint| endpoint.headers.contains(&CONTENT_TYPE))
        || written
            .map(|(name, _)| name)
            .any(|name| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()))
}

fn idempotency(level: &Level) -> Result<Option<HeaderName>> {
    let Some(name) = level.endpoint.idempotent else {
        return Ok(None);
    };
    HeaderName::from_bytes(name.as_bytes()).map(Some).map_err(|_| {
        Error::new(
            ErrorKind::Config,
            format!("`idempotent(header = \"{name}\")` is not a header name"),
        )
    })
}
