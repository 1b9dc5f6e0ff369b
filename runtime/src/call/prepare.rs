//! A call whose arguments are all there, and the limits that hold for it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use super::CallOptions;
use crate::Error;
use crate::client::{EndpointState, Plan, ServiceClient};
use crate::config::{BreakerPolicy, Policy, RetryPolicy};
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
        declared || has_key || is_idempotent(&self.endpoint.method)
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

/// The limits of one call: the policy, and the overrides where there are any.
pub(crate) struct Limits<'a> {
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retry: Option<Cow<'a, RetryPolicy>>,
    pub(crate) breaker: Option<BreakerPolicy>,
}

impl<'a> Limits<'a> {
    pub(crate) fn of(policy: &'a Policy, options: Option<&CallOptions>) -> Self {
        let limits = Self {
            timeout: policy.timeout,
            attempt_timeout: policy.attempt_timeout,
            retry: policy.retry.as_ref().map(Cow::Borrowed),
            breaker: policy.breaker,
        };
        match options {
            None => limits,
            Some(options) => limits.overridden(options),
        }
    }

    fn overridden(self, options: &CallOptions) -> Self {
        Self {
            timeout: options.timeout.unwrap_or(self.timeout),
            attempt_timeout: options.attempt_timeout.or(self.attempt_timeout),
            breaker: self.breaker.filter(|_| options.breaker != Some(false)),
            retry: overridden_retry(self.retry, options),
        }
    }
}

/// Retries of a call's own wish bring back a policy that the settings turned off.
fn overridden_retry<'a>(
    policy: Option<Cow<'a, RetryPolicy>>,
    options: &CallOptions,
) -> Option<Cow<'a, RetryPolicy>> {
    if options.retries.is_none() && options.backoff.is_none() {
        return policy;
    }
    let wished = policy.is_some() || options.retries.is_some();
    let mut policy = policy.map(Cow::into_owned).unwrap_or_default();
    policy.times = options.retries.unwrap_or(policy.times);
    policy.backoff = options.backoff.unwrap_or(policy.backoff);
    wished.then_some(Cow::Owned(policy))
}
