//! Servers over TLS on loopback: HTTP/1.1 or HTTP/2, as both sides wish.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rcgen::{CertifiedKey, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server over TLS, and the certificate that it shows.
#[derive(Debug)]
pub struct TlsServer {
    /// `https://localhost:…`
    pub url: String,
    /// The certificate that makes it trusted, in PEM.
    pub root: String,
}

/// Serves the router over TLS, with a certificate for `localhost` that nobody trusts by itself; `alpn` is what it offers.
///
/// # Panics
/// When there is no free port.
pub async fn serve_tls(router: Router, alpn: &[&str]) -> TlsServer {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a legal name");
    let acceptor = TlsAcceptor::from(Arc::new(tls_config(cert.der().to_vec(), &signing_key, alpn)));
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    connection(stream, router).await;
                }
            });
        }
    });
    TlsServer {
        url: format!("https://localhost:{}", address.port()),
        root: cert.pem(),
    }
}

fn tls_config(certificate: Vec<u8>, key: &KeyPair, alpn: &[&str]) -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key)
        .expect("the key is the certificate's");
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    config
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let service = TowerToHyperService::new(router);
    // A client that goes away in the middle is what some tests are about.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .await;
}
