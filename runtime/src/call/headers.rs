//! Which headers does an attempt carry? The endpoint's, the call's, and the context's, in this order.

use std::time::Duration;

use http::HeaderMap;
use http::header::{
    ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONNECTION, CONTENT_DISPOSITION,
    CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE, TRANSFER_ENCODING, UPGRADE,
    USER_AGENT,
};

use super::Prepared;
use crate::client::Plan;
use crate::context::{CallContext, Remaining, Room, is_of_the_context};
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

/// What goes along to another server, beside the context's own headers and the key of an idempotent call.
const SAFE: [HeaderName; 16] = [
    ACCEPT,
    ACCEPT_CHARSET,
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_TYPE,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    RANGE,
    USER_AGENT,
    HeaderName::from_static("idempotency-key"),
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

/// Takes away what another server has no business with: all but what is known to say nothing of who calls.
///
/// A list of what is safe, since no list of names can be complete that may hold a credential. `Host` is not on it either:
/// it names the server that the call began at.
pub(crate) fn keep_safe(headers: &mut HeaderMap, idempotency: Option<&HeaderName>) {
    let unsafe_ones: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| value.is_sensitive() || !(is_safe(name) || Some(*name) == idempotency))
        .map(|(name, _)| name.clone())
        .collect();
    for name in unsafe_ones {
        headers.remove(name);
    }
}

/// Whether the header is about the message, or about the place of the call in its trace.
fn is_safe(name: &HeaderName) -> bool {
    SAFE.contains(name) || is_of_the_context(name)
}
