//! The reqwest transport: its pool and its protocols, none of its policies.
//!
//! Its retries, redirects, referer and proxies are off: there is one retry loop and one redirect loop, ours.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method};
use http_body::Body as HttpBody;
use rustls::ClientConfig;

use super::tls::TlsOptions;
use super::{Incoming, IncomingBody, Outgoing, Sent, TransportError};
use crate::{Body, BoxError, Error, ErrorKind};

/// What all HTTP connections of a client share.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpOptions {
    pub(crate) tls: TlsOptions,
    pub(crate) proxy: Option<String>,
    pub(crate) http2_prior_knowledge: bool,
    pub(crate) http1_only: bool,
}

pub(super) fn build(
    options: &HttpOptions,
    tls: ClientConfig,
    connect_timeout: Duration,
) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        // Without the second word it keeps a copy of each request for the retry that never comes.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(connect_timeout);
    if let Some(proxy) = &options.proxy {
        builder = builder.proxy(parse_proxy(proxy)?);
    }
    if options.http2_prior_knowledge {
        builder = builder.http2_prior_knowledge();
    }
    if options.http1_only {
        builder = builder.http1_only();
    }
    builder.build().map_err(|error| {
        Error::new(ErrorKind::Config, format!("the HTTP transport: {error}")).with_source(error)
    })
}

/// The proxy, or an error that shows nothing of a password inside it.
pub(crate) fn parse_proxy(address: &str) -> Result<reqwest::Proxy, Error> {
    reqwest::Proxy::all(address).map_err(|_| {
        Error::new(
            ErrorKind::Config,
            "`proxy` is not an address such as `http://proxy:3128`",
        )
    })
}

/// Hands the request over; the future waits for the head of the response.
pub(super) fn begin(
    client: &reqwest::Client,
    outgoing: Outgoing,
) -> impl Future<Output = reqwest::Result<reqwest::Response>> + Send + use<> {
    let mut request = reqwest::Request::new(outgoing.method, outgoing.url);
    *request.headers_mut() = outgoing.headers;
    *request.body_mut() = to_reqwest(outgoing.body);
    if request.body().is_none() && expects_body(request.method()) {
        request
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    client.execute(request)
}

pub(super) fn end(response: reqwest::Result<reqwest::Response>) -> Result<Incoming, TransportError> {
    let mut response = response.map_err(send_error)?;
    Ok(Incoming {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body: IncomingBody::Http(response),
    })
}

fn to_reqwest(body: Body) -> Option<reqwest::Body> {
    match body.into_bytes() {
        Ok(bytes) if bytes.is_empty() => None,
        Ok(bytes) => Some(bytes.into()),
        Err(stream) => Some(reqwest::Body::wrap(stream)),
    }
}

/// Methods whose empty body has to be said: without a length some servers answer 411 (RFC 9110, section 8.6).
fn expects_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// Why there was no response, and whether the server may have acted.
fn send_error(error: reqwest::Error) -> TransportError {
    let sent = if error.is_connect() || error.is_builder() {
        Sent::Nothing
    } else if is_unprocessed(&error) {
        Sent::Unprocessed
    } else {
        Sent::Perhaps
    };
    TransportError::new(sent, error.without_url())
}

/// HTTP/2 peers say so when they did not act on a stream (RFC 9113, sections 6.8 and 8.7).
fn is_unprocessed(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(h2) = cause.downcast_ref::<h2::Error>() {
            return h2.is_remote()
                && match h2.reason() {
                    Some(h2::Reason::REFUSED_STREAM) => true,
                    Some(h2::Reason::NO_ERROR) => h2.is_go_away(),
                    _ => false,
                };
        }
        source = cause.source();
    }
    false
}

pub(super) fn body_error(error: reqwest::Error) -> TransportError {
    TransportError::new(Sent::Perhaps, error.without_url())
}

/// The rest of a response as a body that is read piece by piece.
pub(super) fn stream(response: reqwest::Response) -> Body {
    Body::stream(Chunks(Some(reqwest::Body::from(response))))
}

/// The data frames of a reqwest body; trailers are left out.
struct Chunks(Option<reqwest::Body>);

impl Stream for Chunks {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(body) = &mut self.0 else {
                return Poll::Ready(None);
            };
            match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => {
                    self.0 = None;
                    return Poll::Ready(Some(Err(Box::new(body_error(error)))));
                }
                None => self.0 = None,
            }
        }
    }
}
