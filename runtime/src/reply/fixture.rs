//! Replies for the tests of this folder.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::Reply;
use super::envelope::Envelope;
use crate::{Body, EnvelopePolicy};

pub(super) fn headers(content_type: &str) -> HeaderMap {
    match content_type {
        "" => HeaderMap::new(),
        value => HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(value).expect("legal"))]),
    }
}

/// A reply as it comes in; no content type where it is empty.
pub(super) fn reply(status: u16, content_type: &str, body: impl Into<Bytes>) -> Reply<Body> {
    let status = StatusCode::from_u16(status).expect("a status");
    Reply::new(
        status,
        headers(content_type),
        Arc::from("http://a"),
        Body::from(body.into()),
        None,
    )
}

/// A JSON reply of a service with both known envelopes.
pub(super) fn enveloped(status: u16, body: &str) -> Reply<Body> {
    let status = StatusCode::from_u16(status).expect("a status");
    let headers = headers("application/json");
    let body = Bytes::copy_from_slice(body.as_bytes());
    let envelope = Envelope::read(&EnvelopePolicy::default(), status, &headers, &body);
    Reply::new(status, headers, Arc::from("http://a"), Body::from(body), envelope)
}
