//! The user's own middleware: tower layers around the transport.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::Transport;
use crate::{Body, BoxError};

pub(super) type ResponseFuture = Pin<Box<dyn Future<Output = Result<http::Response<Body>, BoxError>> + Send>>;

/// The service that a middleware wraps: one HTTP request in, one response out.
///
/// It is always ready, cheap to clone, and its errors are [`TransportError`](crate::TransportError)s in a box.
#[derive(Clone)]
pub struct TransportService(Arc<dyn Exchange>);

/// What a wrapped service can do; object-safe, so that any stack of layers is one type.
trait Exchange: Send + Sync {
    fn exchange(&self, request: http::Request<Body>) -> ResponseFuture;
}

impl TransportService {
    pub(super) fn send(&self, request: http::Request<Body>) -> ResponseFuture {
        self.0.exchange(request)
    }
}

impl Service<http::Request<Body>> for TransportService {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> ResponseFuture {
        self.send(request)
    }
}

impl fmt::Debug for TransportService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransportService")
    }
}

impl Exchange for Transport {
    fn exchange(&self, request: http::Request<Body>) -> ResponseFuture {
        let transport = self.clone();
        Box::pin(async move {
            let incoming = transport.exchange(request).await?;
            Ok(incoming.into_http())
        })
    }
}

/// A user's service behind the seam; cloned for each request, as tower's services are.
struct Wrapped<S>(S);

impl<S> Exchange for Wrapped<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn exchange(&self, request: http::Request<Body>) -> ResponseFuture {
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
            service.call(request).await.map_err(Into::into)
        })
    }
}

/// One layer, its type forgotten.
pub(crate) type ErasedLayer = Arc<dyn Fn(TransportService) -> TransportService + Send + Sync>;

pub(crate) fn erase<L>(layer: L) -> ErasedLayer
where
    L: Layer<TransportService> + Send + Sync + 'static,
    L::Service: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + Sync + 'static,
    <L::Service as Service<http::Request<Body>>>::Error: Into<BoxError>,
    <L::Service as Service<http::Request<Body>>>::Future: Send,
{
    Arc::new(move |inner| TransportService(Arc::new(Wrapped(layer.layer(inner)))))
}

/// The layers of a client, the outermost first.
#[derive(Clone, Default)]
pub(crate) struct Layers(pub(crate) Vec<ErasedLayer>);

impl Layers {
    /// The transport inside all layers, or as it is where there are none.
    pub(super) fn wrap(&self, base: Transport) -> Transport {
        if self.0.is_empty() {
            return base;
        }
        let innermost = TransportService(Arc::new(base));
        Transport::Layered(self.0.iter().rev().fold(innermost, |inner, layer| layer(inner)))
    }
}
