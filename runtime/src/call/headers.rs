//! Which headers does an attempt carry? The endpoint's, the call's, and the context's, in this order.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, PROXY_AUTHORIZATION};
use tokio::time::Instant;

use super::Prepared;
use super::deadline::Deadline;
use crate::client::Plan;

/// The headers that say who we are; they stay with the server that they were meant for.
const CREDENTIALS: [HeaderName; 6] = [
    AUTHORIZATION,
    COOKIE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-api-secret"),
    HeaderName::from_static("x-internal-token"),
];

/// The headers of one attempt; `number` is 0 for the first.
pub(crate) fn of_attempt(call: &Prepared, plan: &Plan, number: u32, deadline: Deadline) -> HeaderMap {
    let mut headers = plan.headers.clone();
    if let Some(content_type) = &call.content_type {
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    for name in call.headers.keys() {
        headers.remove(name);
    }
    for (name, value) in &call.headers {
        headers.append(name.clone(), value.clone());
    }
    let remaining = deadline.remaining(Instant::now());
    call.context
        .write(&mut headers, number, remaining, &call.service.shared().random);
    headers
}

/// Takes away what another server must not see: the known names, and whatever was marked as sensitive.
pub(crate) fn drop_credentials(headers: &mut HeaderMap) {
    let sensitive: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| value.is_sensitive() || CREDENTIALS.contains(name))
        .map(|(name, _)| name.clone())
        .collect();
    for name in sensitive {
        headers.remove(name);
    }
}
