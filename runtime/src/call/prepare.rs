//! A call whose arguments are all there, and what its own options add to them.

use std::sync::Arc;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use super::CallOptions;
use crate::Error;
use crate::client::{EndpointState, Plan, ServiceClient};
use crate::context::{self, CallContext};
use crate::random::Random;

/// The header that a call declared safe to repeat carries, unless it names another.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A call whose arguments are all there; the same for all its attempts.
pub(crate) struct Prepared {
    pub(crate) service: ServiceClient,
    pub(crate) endpoint: Arc<EndpointState>,
    pub(crate) plan: Arc<Result<Plan, Error>>,
    pub(crate) options: Option<Arc<CallOptions>>,
    /// The path and query, encoded.
    pub(crate) target: String,
    /// The headers of this call alone.
    pub(crate) headers: HeaderMap,
    pub(crate) content_type: Option<HeaderValue>,
    /// What is wrong with an argument.
    pub(crate) mistake: Option<Error>,
}

impl Prepared {
    /// The context of a call that begins now. That of a future which is made in one scope and awaited in another is the
    /// other's, as with any async fn.
    pub(crate) fn context(&self) -> CallContext {
        CallContext::for_call(&self.service.shared().random, &self.headers)
    }

    /// What to do, or why it cannot be done.
    pub(crate) fn plan(&self) -> Result<&Plan, Error> {
        let plan = self.plan.as_ref().as_ref().map_err(Clone::clone)?;
        match &self.mistake {
            Some(mistake) => Err(mistake.clone()),
            None => Ok(plan),
        }
    }

    /// Whether the call may be repeated when nobody knows whether the server has acted.
    pub(crate) fn is_idempotent(&self, plan: &Plan) -> bool {
        let declared = plan.idempotency.is_some();
        let has_key = self
            .options
            .as_ref()
            .is_some_and(|options| options.idempotency_key.is_some());
        declared || has_key || is_idempotent(&self.endpoint.labels.method)
    }
}

/// The methods that are safe to repeat (RFC 9110, section 9.2.2), but for TRACE, which no service has.
fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
    )
}

/// Puts the overrides of a call, and the key of one that is declared safe to repeat, among its headers.
pub(crate) fn add_headers(
    headers: &mut HeaderMap,
    options: Option<&CallOptions>,
    plan: &Plan,
    random: &Random,
) {
    if let Some(options) = options {
        for name in options.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &options.headers {
            headers.append(name.clone(), value.clone());
        }
    }
    let chosen = options.and_then(|options| options.idempotency_key.clone());
    let name = plan.idempotency.clone().unwrap_or(IDEMPOTENCY_KEY);
    match chosen {
        Some(key) => {
            headers.insert(name, key);
        }
        None if plan.idempotency.is_some() && !headers.contains_key(&name) => {
            headers.insert(name, context::new_uuid(random));
        }
        None => {}
    }
}
