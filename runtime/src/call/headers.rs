//! Which headers does an attempt carry? The endpoint's, the call's, and the context's, in this order.

use std::time::Duration;

use http::HeaderMap;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, TRANSFER_ENCODING, UPGRADE};

use super::Prepared;
use crate::client::Plan;
use crate::config::CREDENTIALS;
use crate::context::{CallContext, Remaining, Room};
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

/// The headers of one attempt; `number` is 0 for the first, and `remaining` is what the call has left.
pub(crate) fn of_attempt(
    call: &Prepared,
    context: &CallContext,
    plan: &Plan,
    number: u32,
    remaining: Duration,
) -> HeaderMap {
    let mut headers = plan.headers.clone();
    match &call.content_type {
        _ if plan.names_content_type => {}
        Some(content_type) => drop(headers.insert(CONTENT_TYPE, content_type.clone())),
        None if plan.expects_json => drop(headers.remove(CONTENT_TYPE)),
        None => {}
    }
    let mut room = plan.room;
    if !call.headers.is_empty() {
        // One that is taken out lets the last one take its place.
        room = Room::Anywhere;
        for name in call.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &call.headers {
            headers.append(name.clone(), value.clone());
        }
    }
    let remaining = Remaining {
        time: remaining,
        usual: &plan.usual_timeout,
    };
    context.write(
        &mut headers,
        room,
        number,
        remaining,
        &call.service.shared().random,
    );
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
