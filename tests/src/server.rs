//! Real servers on loopback.

use axum::Router;
use tokio::net::TcpListener;
use trunkline::{Client, ServiceConfig};

/// Serves this router on a free port for as long as the test's runtime lives; gives its address, `http://127.0.0.1:…`.
///
/// # Panics
/// Where there is no loopback to listen on.
pub async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("the listener is bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

/// A client that finds this service at this address.
///
/// # Panics
/// When the address is not one.
pub fn client_of(service: &str, url: &str) -> Client {
    Client::builder()
        .service(service, ServiceConfig::new().url(url))
        .build()
        .expect("the test's settings are legal")
}
