//! What every call needs, and no feature brings.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use trunkline::{ByteStream, Client, ErrorKind, Result, ServiceConfig, service};

use crate::server::{Server, Then, header, response};

#[derive(Serialize)]
struct Order {
    item: &'static str,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Placed {
    id: u32,
}

#[service("orders", prefix = "/v1")]
trait Orders {
    #[post("/orders")]
    async fn place(&self, order: &Order) -> Result<Placed>;

    #[get("/orders/{id}")]
    async fn order(&self, id: u32) -> Result<Placed>;

    #[get("/files/{name}")]
    async fn file(&self, name: &str) -> Result<ByteStream>;
}

const PLACED: &[u8] = br#"{"id":7}"#;

fn config(server: &Server) -> ServiceConfig {
    let timeout = Duration::from_secs(10);
    ServiceConfig::new()
        .url(&server.url)
        .timeout(timeout)
        .idle_timeout(Duration::from_millis(100))
}

fn orders(server: &Server) -> OrdersClient {
    let builder = Client::builder().service("orders", config(server));
    OrdersClient::new(&builder.build().expect("nothing is wrong"))
}

fn placed() -> (Vec<u8>, Then) {
    (
        response(200, "content-type: application/json\r\n", PLACED),
        Then::Stay,
    )
}

/// A reply whose body is shorter than it says.
fn cut_off(then: Then) -> (Vec<u8>, Then) {
    let mut bytes = placed().0;
    bytes.truncate(bytes.len() - 2);
    (bytes, then)
}

#[tokio::test]
async fn a_call_goes_out_and_its_value_comes_back() {
    let mut server = Server::start(|_| placed()).await;
    let placed = orders(&server).place(&Order { item: "bolt" }).await;
    assert_eq!(placed.expect("it is placed"), Placed { id: 7 });
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /v1/orders HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"item\":\"bolt\"}"), "{request}");
    assert_eq!(header(request, "content-type"), Some("application/json"));
}

#[tokio::test]
async fn calls_one_after_another_share_a_connection() {
    let server = Server::start(|number| match number {
        1 => (response(404, "", br#"{"detail":"gone"}"#), Then::Stay),
        _ => placed(),
    });
    let server = server.await;
    let orders = orders(&server);
    orders.order(1).await.expect("the first");
    let error = orders.order(2).await.expect_err("404");
    assert_eq!((error.status_code(), error.message()), (Some(404), "gone"));
    orders.order(3).await.expect("the third");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_passing_error_is_tried_again() {
    let mut server = Server::start(|number| match number {
        0 => (response(503, "", b"busy"), Then::Stay),
        _ => placed(),
    })
    .await;
    orders(&server).order(7).await.expect("the second attempt");
    let requests = server.requests();
    assert_eq!(header(&requests[1], "x-retry-attempt"), Some("1"));
    assert_eq!(
        header(&requests[0], "x-request-id"),
        header(&requests[1], "x-request-id")
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_never_taken_for_one_that_cannot_be_read() {
    let mut server = Server::start(|number| match number {
        0 | 2 => cut_off(Then::Close),
        _ => placed(),
    })
    .await;
    let orders = orders(&server);
    orders.order(7).await.expect("the second attempt of a GET");
    let error = orders.place(&Order { item: "nut" }).await.expect_err("a POST");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up_after_the_idle_time() {
    let server = Server::start(|number| match number {
        0 | 2 => cut_off(Then::Hang),
        _ => placed(),
    });
    let server = server.await;
    let orders = orders(&server);
    orders.order(7).await.expect("the second attempt of a GET");
    let error = orders.place(&Order { item: "nut" }).await.expect_err("a POST");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let server = Server::start(|_| {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunks = PLACED
            .iter()
            .map(|byte| format!("1\r\n{}\r\n", char::from(*byte)));
        let bytes = format!("{head}{}0\r\n\r\n", chunks.collect::<String>());
        (bytes.into_bytes(), Then::Stay)
    });
    let orders = orders(&server.await);
    assert_eq!(orders.order(7).await.expect("it is whole"), Placed { id: 7 });
    assert_eq!(orders.order(7).await.expect("and once more"), Placed { id: 7 });
}

#[tokio::test]
async fn a_body_that_is_too_large_is_an_error() {
    let server = Server::start(|_| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 10_u64 << 30);
        (head.into_bytes(), Then::Hang)
    });
    let error = orders(&server.await).order(7).await.expect_err("10 GiB");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1));
}

#[tokio::test]
async fn a_body_can_be_read_as_it_comes() {
    let server = Server::start(|_| (response(200, "", &vec![7; 100_000]), Then::Stay)).await;
    let mut file = orders(&server).file("a").await.expect("the head");
    let mut length = 0;
    while let Some(chunk) = file.chunk().await.expect("it does not break") {
        length += chunk.len();
    }
    assert_eq!(length, 100_000);
}

#[tokio::test]
async fn a_connection_that_its_server_closed_is_not_a_failed_call() {
    let mut server = Server::start(|number| match number {
        0 => (placed().0, Then::Close),
        _ => placed(),
    })
    .await;
    let orders = orders(&server);
    orders.order(1).await.expect("the first");
    orders.order(2).await.expect("the second");
    assert_eq!((server.requests().len(), server.connections()), (2, 2));
}
