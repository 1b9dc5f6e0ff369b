//! Which headers does an attempt carry? The endpoint's, the call's, and the context's, in this order.

use http::HeaderMap;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, TRANSFER_ENCODING, UPGRADE};
use tokio::time::Instant;

use super::Prepared;
use super::deadline::Deadline;
use crate::client::Plan;
use crate::config::CREDENTIALS;
use crate::{Error, ErrorKind};

/// The headers by which the transport frames a message: another value would tear the connection apart.
const FRAMING: [HeaderName; 6] = [
    CONNECTION,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Checks that nobody frames the message but the transport.
///
/// # Errors
/// An error of this kind, which names the header.
pub(crate) fn check_framing(headers: &HeaderMap, kind: ErrorKind) -> Result<(), Error> {
    match headers.keys().find(|name| FRAMING.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::new(
            kind,
            format!("the header `{name}` cannot be set: the transport writes it"),
        )),
    }
}

/// The headers of one attempt; `number` is 0 for the first.
pub(crate) fn of_attempt(call: &Prepared, plan: &Plan, number: u32, deadline: Deadline) -> HeaderMap {
    let mut headers = plan.headers.clone();
    if let Some(content_type) = &call.content_type
        && !plan.names_content_type
    {
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
