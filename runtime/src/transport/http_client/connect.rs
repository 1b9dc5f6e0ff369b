//! How is a server reached? Directly, or through a proxy; all of it, TLS included, within the connect timeout.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_service::Service;

use super::proxy::Proxy;
use super::stream::Stream;
use crate::BoxError;

/// A peer that is gone is noticed on an idle connection after about a minute: the first probe, and three more.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_PROBES: u32 = 3;

/// What was written and is not acknowledged for so long ends the connection.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Makes connections; a cheap clone.
#[derive(Clone)]
pub(super) struct Connector(Arc<Way>);

struct Way {
    direct: HttpsConnector<HttpConnector>,
    proxy: Option<ProxyWay>,
    timeout: Duration,
}

struct ProxyWay {
    address: Uri,
    to_proxy: HttpsConnector<HttpConnector>,
    through: HttpsConnector<Tunnel<HttpsConnector<HttpConnector>>>,
}

/// There was no connection within the time for it.
#[derive(Debug)]
struct ConnectTimeout(Duration);

impl Connector {
    pub(super) fn new(proxy: Option<Proxy>, tls: ClientConfig, timeout: Duration) -> Self {
        let tls = Arc::new(tls);
        let proxy = proxy.map(|proxy| ProxyWay::new(proxy, &tls, timeout));
        Self(Arc::new(Way {
            direct: (tcp(timeout), tls).into(),
            proxy,
            timeout,
        }))
    }
}

impl ProxyWay {
    fn new(proxy: Proxy, tls: &Arc<ClientConfig>, timeout: Duration) -> Self {
        // CONNECT is written as HTTP/1.1, whatever the servers behind the proxy speak.
        let mut to_proxy = ClientConfig::clone(tls);
        to_proxy.alpn_protocols.clear();
        let to_proxy: HttpsConnector<_> = (tcp(timeout), to_proxy).into();
        let mut tunnel = Tunnel::new(proxy.address.clone(), to_proxy.clone());
        if let Some(authorization) = proxy.authorization() {
            tunnel = tunnel.with_auth(authorization);
        }
        Self {
            address: proxy.address,
            to_proxy,
            through: (tunnel, Arc::clone(tls)).into(),
        }
    }
}

/// The addresses of a name share the time, so that one that is dead does not hide the others.
fn tcp(timeout: Duration) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(timeout));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.set_keepalive_interval(Some(KEEPALIVE));
    tcp.set_keepalive_retries(Some(KEEPALIVE_PROBES));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    tcp
}

impl Way {
    async fn connect(&self, to: Uri) -> Result<Stream, BoxError> {
        let Some(proxy) = &self.proxy else {
            return self.direct.clone().call(to).await.map(Stream::direct);
        };
        if to.scheme() == Some(&Scheme::HTTP) {
            let address = proxy.address.clone();
            return proxy.to_proxy.clone().call(address).await.map(Stream::to_proxy);
        }
        proxy.through.clone().call(to).await.map(Stream::direct)
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let way = Arc::clone(&self.0);
        Box::pin(async move {
            match timeout(way.timeout, way.connect(to)).await {
                Ok(connected) => connected,
                Err(_) => Err(ConnectTimeout(way.timeout).into()),
            }
        })
    }
}

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection within {:?}", self.0)
    }
}

impl std::error::Error for ConnectTimeout {}
