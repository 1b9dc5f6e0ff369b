//! What turns one HTTP request into one response: an enum, so that a call pays for no box.
//!
//! A middleware of the user wraps the variant below it and costs a box a request; without one there is none.

mod error;
mod http_client;
mod layered;
mod shared;
#[cfg(not(feature = "amqp"))]
mod tls;
#[cfg(feature = "amqp")]
pub(crate) mod tls;

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body as HttpBody;

use crate::Body;

pub use error::{Sent, TransportError};
use http_client::{HttpClient, ReplyBody};
pub(crate) use http_client::{HttpOptions, HttpVersions, Proxy, expects_body};
use layered::ResponseFuture;
pub use layered::TransportService;
pub(crate) use layered::{Layers, erase};
pub(crate) use shared::{Base, Transports};
#[cfg(feature = "amqp")]
pub(crate) use tls::TlsOptions;

/// One way to reach a server.
#[derive(Clone)]
pub(crate) enum Transport {
    /// hyper's pool of connections, over rustls.
    Http(HttpClient),
    /// A script, for tests.
    #[cfg(feature = "testing")]
    Scripted(crate::testing::Script, std::time::Duration),
    /// A middleware of the user around one of the others.
    Layered(TransportService),
}

/// One response whose body is still to be read.
pub(crate) struct Incoming {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: IncomingBody,
}

/// The body of a response as its transport gives it: hyper's own is read without a box.
pub(crate) enum IncomingBody {
    Http(ReplyBody),
    Other(Body),
}

/// A response that is still to come: its head.
///
/// Written by hand: an async block would hold what it waits for twice, and copy the head once more.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub(crate) enum Pending {
    Http(http_client::Pending),
    #[cfg(feature = "testing")]
    Scripted(Pin<Box<dyn Future<Output = Result<Response<Body>, TransportError>> + Send>>),
    Layered(ResponseFuture),
}

impl Transport {
    /// Sends the request; the future waits for the head of the response.
    ///
    /// The request is handed over before there is a future: a call's is as large as all that it holds.
    pub(crate) fn exchange(&self, request: Request<Body>) -> Pending {
        match self {
            Self::Http(client) => Pending::Http(client.begin(request)),
            #[cfg(feature = "testing")]
            Self::Scripted(script, connect_timeout) => {
                let (script, connect_timeout) = (script.clone(), *connect_timeout);
                Pending::Scripted(Box::pin(async move {
                    script.exchange(request, connect_timeout).await
                }))
            }
            Self::Layered(service) => Pending::Layered(service.send(request)),
        }
    }
}

impl Future for Pending {
    type Output = Result<Incoming, TransportError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Http(response) => http_client::poll_end(response, cx),
            #[cfg(feature = "testing")]
            Self::Scripted(response) => response.as_mut().poll(cx).map_ok(Incoming::from_http),
            Self::Layered(response) => {
                let response = ready!(response.as_mut().poll(cx)).map_err(TransportError::from_box);
                Poll::Ready(response.map(Incoming::from_http))
            }
        }
    }
}

impl Incoming {
    fn from_http(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: IncomingBody::Other(body),
        }
    }

    fn into_http(self) -> Response<Body> {
        let mut response = Response::new(self.body.into_body());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl IncomingBody {
    /// The next piece of the body, `None` at its end.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        match self {
            Self::Http(body) => poll_data(body, cx).map_err(http_client::body_error),
            Self::Other(body) => poll_data(body, cx).map_err(TransportError::from_box),
        }
    }

    /// Whether the end is known to be reached: then nobody need ask for it.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Http(body) => body.is_end_stream(),
            Self::Other(body) => body.is_end_stream(),
        }
    }

    /// How many bytes are still to come, at least; a hint for the buffer.
    pub(crate) fn size_hint(&self) -> u64 {
        match self {
            Self::Http(body) => body.size_hint().lower(),
            Self::Other(body) => body.size_hint().lower(),
        }
    }

    /// The body for whoever reads it piece by piece.
    pub(crate) fn into_body(self) -> Body {
        match self {
            Self::Http(body) => http_client::stream(body),
            Self::Other(body) => body,
        }
    }
}

/// The next data frame; trailers are not part of the value.
fn poll_data<B>(body: &mut B, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, B::Error>>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    while let Some(frame) = ready!(Pin::new(&mut *body).poll_frame(cx)) {
        if let Ok(data) = frame?.into_data() {
            return Poll::Ready(Ok(Some(data)));
        }
    }
    Poll::Ready(Ok(None))
}
