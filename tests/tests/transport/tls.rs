//! HTTPS: which protocol is spoken, whom is trusted, what an error says.

use axum::Router;
use axum::http::Version;
use axum::routing::get as on_get;
use trunkline::{Client, ClientBuilder, ErrorKind};
use trunkline_tests::clock::secs;
use trunkline_tests::raw_tcp::{Act, RawServer};
use trunkline_tests::reference::{SERVICE, get, post, reference};
use trunkline_tests::server::serve;
use trunkline_tests::tls_server::{TlsServer, serve_tls};

/// Answers with the protocol's version.
fn version() -> Router {
    let version = |version: Version| async move { format!("{version:?}") };
    Router::new().route("/x", on_get(version).post(version))
}

fn builder(url: &str) -> ClientBuilder {
    let config = reference()
        .url(url)
        .connect_timeout(secs(5))
        .attempt_timeout(secs(10))
        .timeout(secs(20));
    Client::builder().service(SERVICE, config)
}

async fn spoken(client: &Client) -> String {
    get(client).await.unwrap().text().unwrap()
}

fn trusting(server: &TlsServer) -> ClientBuilder {
    builder(&server.url).root_certificates(server.root.clone())
}

#[tokio::test]
async fn http2_is_chosen_where_the_server_has_it() {
    let server = serve_tls(version(), &["h2", "http/1.1"]).await;
    let client = trusting(&server).build().unwrap();
    assert_eq!(spoken(&client).await, "HTTP/2.0");
}

#[tokio::test]
async fn http1_is_spoken_with_a_server_that_has_nothing_else() {
    let server = serve_tls(version(), &["http/1.1"]).await;
    let client = trusting(&server).build().unwrap();
    assert_eq!(spoken(&client).await, "HTTP/1.1");
}

#[tokio::test]
async fn http1_is_spoken_with_a_server_that_knows_no_alpn() {
    let server = serve_tls(version(), &[]).await;
    let client = trusting(&server).build().unwrap();
    assert_eq!(spoken(&client).await, "HTTP/1.1");
}

#[tokio::test]
async fn http1_alone_is_spoken_where_it_is_asked_for() {
    let server = serve_tls(version(), &["h2", "http/1.1"]).await;
    let client = trusting(&server).http1_only().build().unwrap();
    assert_eq!(spoken(&client).await, "HTTP/1.1");
}

#[tokio::test]
async fn http2_is_spoken_without_tls_where_it_is_asked_for() {
    let url = serve(version()).await;
    assert_eq!(spoken(&builder(&url).build().unwrap()).await, "HTTP/1.1");
    let client = builder(&url).http2_prior_knowledge().build().unwrap();
    assert_eq!(spoken(&client).await, "HTTP/2.0");
    assert_eq!(post(&client).await.unwrap().text().unwrap(), "HTTP/2.0");
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_no_connection_and_the_error_says_so() {
    let server = serve_tls(version(), &["h2"]).await;
    let client = builder(&server.url).build().unwrap();
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    assert!(!error.may_have_reached_server());
    assert!(error.message().contains("certificate"), "{error}");
}

#[tokio::test]
async fn another_server_s_certificate_is_not_trusted() {
    let (server, other) = (serve_tls(version(), &[]).await, serve_tls(version(), &[]).await);
    let client = builder(&server.url)
        .root_certificates(other.root)
        .build()
        .unwrap();
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let server = serve_tls(version(), &[]).await;
    let by_address = server.url.replace("localhost", "127.0.0.1");
    let client = builder(&by_address)
        .root_certificates(server.root)
        .build()
        .unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.message().contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_no_connection() {
    let plain = serve(version())
        .await
        .replace("http://127.0.0.1", "https://localhost");
    let error = post(&builder(&plain).build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
}

#[tokio::test]
async fn a_server_with_tls_that_is_called_without_is_an_error_of_the_transport() {
    let server = serve_tls(version(), &[]).await;
    let plain = server.url.replace("https://", "http://");
    let error = post(&builder(&plain).build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
}

/// The handshake is part of connecting.
#[tokio::test]
async fn a_handshake_that_never_ends_is_ended_by_the_connect_timeout() {
    let server = RawServer::always([Act::Hang]).await;
    let url = server.url().replace("http://", "https://");
    let client = Client::builder()
        .service(SERVICE, reference().url(url))
        .build()
        .unwrap();
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    assert!(error.elapsed() >= 3 * trunkline_tests::clock::ms(200));
}

#[test]
fn a_root_certificate_that_is_no_pem_is_an_error_that_says_so() {
    let outcome = builder("https://localhost:1")
        .root_certificates("not PEM")
        .build();
    let error = match outcome {
        Err(error) => error,
        Ok(client) => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(get(&client)).unwrap_err()
        }
    };
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("certificate"), "{error}");
}
