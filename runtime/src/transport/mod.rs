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

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::{Body, BoxError};

pub use error::{Sent, TransportError};
pub(crate) use http_client::{HttpOptions, parse_proxy};
pub use layered::TransportService;
pub(crate) use layered::{Layers, erase};
pub(crate) use shared::{Base, Transports};
#[cfg(feature = "amqp")]
pub(crate) use tls::TlsOptions;

/// One way to reach a server.
#[derive(Clone)]
pub(crate) enum Transport {
    /// reqwest over rustls.
    Http(reqwest::Client),
    /// A script, for tests.
    #[cfg(feature = "testing")]
    Scripted(crate::testing::Script, std::time::Duration),
    /// A middleware of the user around one of the others.
    Layered(TransportService),
}

/// One request on its way out.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// One response whose body is still to be read.
pub(crate) struct Incoming {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: IncomingBody,
}

/// The body of a response as its transport gives it: reqwest's own is read without a box.
pub(crate) enum IncomingBody {
    Http(reqwest::Response),
    Other(Body),
}

impl Transport {
    /// Sends the request and waits for the head of the response.
    pub(crate) async fn exchange(&self, request: Outgoing) -> Result<Incoming, TransportError> {
        match self {
            Self::Http(client) => http_client::exchange(client, request).await,
            #[cfg(feature = "testing")]
            Self::Scripted(script, connect_timeout) => {
                let request = request.into_http()?;
                // In a box: every call's future is as large as the largest transport's.
                let exchange = Box::pin(script.exchange(request, *connect_timeout));
                exchange.await.map(Incoming::from_http)
            }
            Self::Layered(service) => {
                let request = request.into_http()?;
                let response = service.send(request).await.map_err(TransportError::from_box)?;
                Ok(Incoming::from_http(response))
            }
        }
    }
}

impl Outgoing {
    fn into_http(self) -> Result<http::Request<Body>, TransportError> {
        let mut request = http::Request::new(self.body);
        *request.uri_mut() = self
            .url
            .as_str()
            .parse()
            .map_err(|error| TransportError::new(Sent::Nothing, Box::new(error) as BoxError))?;
        *request.method_mut() = self.method;
        *request.headers_mut() = self.headers;
        Ok(request)
    }

    fn from_http(request: http::Request<Body>) -> Result<Self, TransportError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|error| {
            TransportError::new(
                Sent::Nothing,
                format!("a middleware made the address {}: {error}", parts.uri),
            )
        })?;
        Ok(Self {
            method: parts.method,
            url,
            headers: parts.headers,
            body,
        })
    }
}

impl Incoming {
    fn from_http(response: http::Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: IncomingBody::Other(body),
        }
    }

    fn into_http(self) -> http::Response<Body> {
        let mut response = http::Response::new(self.body.into_body());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl IncomingBody {
    /// The next piece of the body, `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        match self {
            Self::Http(response) => response.chunk().await.map_err(http_client::body_error),
            Self::Other(body) => chunk_of(body).await.map_err(TransportError::from_box),
        }
    }

    /// How many bytes are still to come, at least; a hint for the buffer.
    pub(crate) fn size_hint(&self) -> u64 {
        match self {
            Self::Http(response) => response.content_length().unwrap_or(0),
            Self::Other(body) => http_body::Body::size_hint(body).lower(),
        }
    }

    /// The body for whoever reads it piece by piece.
    pub(crate) fn into_body(self) -> Body {
        match self {
            Self::Http(response) => http_client::stream(response),
            Self::Other(body) => body,
        }
    }
}

async fn chunk_of(body: &mut Body) -> Result<Option<Bytes>, BoxError> {
    loop {
        let frame =
            std::future::poll_fn(|cx| http_body::Body::poll_frame(std::pin::Pin::new(&mut *body), cx)).await;
        match frame {
            None => return Ok(None),
            Some(frame) => {
                // Trailers are not part of the value.
                if let Ok(data) = frame?.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
