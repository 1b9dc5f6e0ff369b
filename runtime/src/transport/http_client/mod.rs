//! HTTP/1.1 and HTTP/2 over hyper: its protocols and hyper-util's pool, and no policy of anybody's but ours.
//!
//! There is one retry loop and one redirect loop, those of the call. What is left here to be sent again is a request
//! that met a pooled connection which was just being closed: nothing of it was sent.

mod connect;
mod decode;
mod proxy;
mod stream;

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{CONTENT_LENGTH, PROXY_AUTHORIZATION};
use http::uri::Scheme;
use http::{HeaderValue, Method, Request};
use http_body::Body as HttpBody;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use self::connect::Connector;
pub(crate) use self::decode::{Pending, ReplyBody};
pub(crate) use self::proxy::Proxy;
use super::tls::TlsOptions;
use super::{Incoming, IncomingBody, Sent, TransportError};
use crate::{Body, BoxError};

/// A connection that nobody has used for this long is closed.
const POOL_IDLE: Duration = Duration::from_secs(90);

/// What all HTTP connections of a client share.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpOptions {
    pub(crate) tls: TlsOptions,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) versions: HttpVersions,
}

/// Which versions of HTTP are spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HttpVersions {
    /// HTTP/1.1, over TLS also HTTP/2 where the server offers it.
    #[default]
    Negotiated,
    Http1Only,
    /// HTTP/2 from the first byte, also without TLS.
    Http2Only,
}

impl HttpVersions {
    /// What a server is offered over TLS. Without a word of it HTTP/1.1 is spoken, and nobody would notice.
    pub(super) fn alpn(self) -> Vec<Vec<u8>> {
        let (h1, h2) = (|| b"http/1.1".to_vec(), || b"h2".to_vec());
        match self {
            Self::Negotiated => vec![h2(), h1()],
            Self::Http1Only => vec![h1()],
            Self::Http2Only => vec![h2()],
        }
    }
}

/// A pool of connections; a cheap clone.
#[derive(Clone)]
pub(crate) struct HttpClient(Arc<Inner>);

struct Inner {
    pool: Pool,
    /// What a proxy wants to see of a request that it passes on as it is.
    proxy_authorization: Option<HeaderValue>,
}

type Pool = legacy::Client<Connector, Body>;

impl HttpClient {
    pub(super) fn new(options: &HttpOptions, tls: ClientConfig, connect_timeout: Duration) -> Self {
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http2_only(options.versions == HttpVersions::Http2Only);
        let connector = Connector::new(options.proxy.clone(), tls, connect_timeout);
        let proxy_authorization = options.proxy.as_ref().and_then(Proxy::authorization);
        Self(Arc::new(Inner {
            pool: builder.build(connector),
            proxy_authorization,
        }))
    }

    /// Hands the request over; the future waits for the head of the response.
    pub(super) fn begin(&self, mut request: Request<Body>) -> Pending {
        let is_empty = request.body().is_end_stream();
        if is_empty && expects_body(request.method()) && !request.headers().contains_key(CONTENT_LENGTH) {
            request
                .headers_mut()
                .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        if let Some(authorization) = &self.0.proxy_authorization
            && request.uri().scheme() == Some(&Scheme::HTTP)
        {
            let authorization = authorization.clone();
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        decode::send(&self.0.pool, request)
    }
}

/// The head of the response.
pub(super) fn poll_end(
    pending: &mut Pending,
    cx: &mut Context<'_>,
) -> Poll<Result<Incoming, TransportError>> {
    let (parts, body) = match ready!(Pin::new(pending).poll(cx)) {
        Ok(response) => response.into_parts(),
        Err(error) => return Poll::Ready(Err(send_error(error))),
    };
    Poll::Ready(Ok(Incoming {
        status: parts.status,
        headers: parts.headers,
        body: IncomingBody::Http(decode::body(body)),
    }))
}

/// Whether requests by this method have a body as a rule. That one has none has to be said: without a length some servers
/// answer 411 (RFC 9110, section 8.6).
pub(crate) fn expects_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// Why there was no response, and whether the server may have acted.
fn send_error(error: legacy::Error) -> TransportError {
    let sent = if error.is_connect() {
        Sent::Nothing
    } else if is_unprocessed(&error) {
        Sent::Unprocessed
    } else {
        Sent::Perhaps
    };
    TransportError::new(sent, error)
}

/// HTTP/2 peers say so when they did not act on a stream (RFC 9113, sections 6.8 and 8.7).
fn is_unprocessed(error: &legacy::Error) -> bool {
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

pub(super) fn body_error(error: impl Into<BoxError>) -> TransportError {
    TransportError::new(Sent::Perhaps, error)
}

/// The rest of a response as a body that is read piece by piece.
pub(super) fn stream(body: ReplyBody) -> Body {
    Body::stream(Chunks(Some(body)))
}

/// The data frames of a body; trailers are left out.
struct Chunks(Option<ReplyBody>);

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
