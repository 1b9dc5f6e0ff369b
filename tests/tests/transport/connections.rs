//! Connections: made in time, used again, and what goes over them.

use std::io::Write;

use axum::Router;
use axum::body::Bytes as Received;
use axum::routing::post as on_post;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use trunkline::{Body, Client, ErrorKind};
use trunkline_tests::clock::{assert_between, ms, secs, timed};
use trunkline_tests::raw_tcp::{Act, BlackHole, RawServer, Refusing, head, response};
use trunkline_tests::reference::{SERVICE, get, post, reference};
use trunkline_tests::server::serve;

fn client(url: impl Into<String>) -> Client {
    Client::builder()
        .service(SERVICE, reference().url(url))
        .build()
        .unwrap()
}

async fn ok() -> RawServer {
    RawServer::always([Act::Send(response("200 OK", &[], "1"))]).await
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = ok().await;
    let client = client(server.url());
    for _ in 0..50 {
        post(&client).await.unwrap();
    }
    assert_eq!((server.hits(), server.connections()), (50, 1));
}

#[tokio::test]
async fn a_connection_is_used_again_after_an_error() {
    let server = RawServer::always([Act::Send(response("404 Not Found", &[], "no such order"))]).await;
    let client = client(server.url());
    for _ in 0..20 {
        assert!(get(&client).await.is_err());
    }
    assert_eq!((server.hits(), server.connections()), (20, 1));
}

#[tokio::test]
async fn handles_of_one_client_share_their_connections() {
    let server = ok().await;
    let client = client(server.url());
    for _ in 0..5 {
        client.clone().service(SERVICE).get("/x").send().await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn connecting_is_given_up_after_its_timeout() {
    let hole = BlackHole::start().await;
    let client = client(hole.url());
    let (outcome, time) = timed(client.service(SERVICE).post("/x").retries(0).send()).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 1));
    assert!(error.is_connect() && error.is_unavailable() && !error.may_have_reached_server());
    assert_between(time, ms(200), ms(450));
}

#[tokio::test]
async fn a_port_that_refuses_is_no_connection_and_the_error_says_why() {
    let dead = Refusing::port();
    let error = post(&client(dead.url())).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    assert!(
        error.message().to_lowercase().contains("connection refused"),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_without_an_address_is_no_connection() {
    let client = Client::builder()
        .service(
            SERVICE,
            reference()
                .url("http://orders.invalid")
                .connect_timeout(secs(5))
                .timeout(secs(20)),
        )
        .build()
        .unwrap();
    let call = client
        .service(SERVICE)
        .post("/x")
        .retries(0)
        .attempt_timeout(secs(20));
    let error = call.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(!error.may_have_reached_server());
}

#[tokio::test]
async fn an_answer_before_the_request_is_read_is_the_answer() {
    let server = RawServer::always([
        Act::Send(response("413 Payload Too Large", &[], "too much")),
        Act::Close,
    ])
    .await;
    let error = post(&client(server.url())).await.unwrap_err();
    assert_eq!(error.status_code(), Some(413));
}

#[tokio::test]
async fn an_informational_answer_is_passed_over() {
    let hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_vec();
    let server = RawServer::always([Act::Send(hints), Act::Send(response("200 OK", &[], "1"))]).await;
    assert_eq!(get(&client(server.url())).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_body_of_a_head_is_not_waited_for() {
    let server = RawServer::always([Act::Send(head("200 OK", &[], Some(1000)))]).await;
    let client = client(server.url());
    let reply = client.service(SERVICE).head("/x").send().await.unwrap();
    assert_eq!(reply.headers()["content-length"], "1000");
    assert!(reply.bytes().is_empty());
}

#[tokio::test]
async fn a_body_that_ends_with_its_connection_is_whole() {
    let bytes = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nto the end".to_vec();
    let server = RawServer::always([Act::Send(bytes), Act::Close]).await;
    assert_eq!(
        get(&client(server.url())).await.unwrap().text().unwrap(),
        "to the end"
    );
}

#[tokio::test]
async fn a_compressed_body_is_unpacked() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"[1,2]").unwrap();
    let packed = encoder.finish().unwrap();
    let mut bytes = head(
        "200 OK",
        &[("content-encoding", "gzip")],
        Some(packed.len() as u64),
    );
    bytes.extend(packed);
    let server = RawServer::always([Act::Send(bytes)]).await;
    let client = client(server.url());
    let value: Vec<u32> = client.service(SERVICE).get("/x").fetch().await.unwrap();
    assert_eq!(value, [1, 2]);
    assert!(
        server.requests()[0]
            .header("accept-encoding")
            .unwrap()
            .contains("gzip")
    );
}

#[tokio::test]
async fn a_compressed_body_that_is_none_is_an_error_of_the_transport() {
    let bytes = response("200 OK", &[("content-encoding", "gzip")], "not packed at all");
    let server = RawServer::always([Act::Send(bytes)]).await;
    assert_eq!(
        post(&client(server.url())).await.unwrap_err().kind(),
        ErrorKind::Transport
    );
}

#[tokio::test]
async fn a_request_without_a_body_says_nothing_of_one() {
    let server = ok().await;
    get(&client(server.url())).await.unwrap();
    let request = &server.requests()[0];
    for name in ["content-length", "transfer-encoding", "content-type"] {
        assert_eq!(request.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn a_request_with_a_body_says_its_length() {
    let server = ok().await;
    post(&client(server.url())).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(
        (request.header("content-length"), &request.body[..]),
        (Some("1"), &b"1"[..])
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_streamed_upload_arrives_whole() {
    let echo = |body: Received| async move { body.len().to_string() };
    let url = serve(Router::new().route("/x", on_post(echo))).await;
    let chunks = stream::iter((0..100).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![7; 10_000]))));
    let client = client(url);
    let call = client.service(SERVICE).post("/x").body(Body::stream(chunks));
    assert_eq!(call.send().await.unwrap().text().unwrap(), "1000000");
}

/// The caller's own stream fails over a real connection: no fault of the server's, and the error says what it was.
#[tokio::test]
async fn an_upload_whose_stream_fails_is_an_error_of_the_request() {
    let count = |body: Received| async move { body.len().to_string() };
    let url = serve(Router::new().route("/x", on_post(count))).await;
    for http2 in [false, true] {
        let builder = Client::builder().service(SERVICE, reference().url(&url));
        let builder = if http2 {
            builder.http2_prior_knowledge()
        } else {
            builder
        };
        let client = builder.build().unwrap();
        let pieces = [
            Ok(Bytes::from("some")),
            Err(std::io::Error::other("the file is gone")),
        ];
        let call = client
            .service(SERVICE)
            .post("/x")
            .body(Body::stream(stream::iter(pieces)));
        let error = call.send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Request, 1),
            "{error}"
        );
        assert!(error.to_string().contains("the file is gone"), "{error}");
    }
}

/// Answers are not mixed up when a call is dropped in the middle of one.
#[tokio::test]
async fn a_dropped_call_leaves_no_answer_for_the_next_one() {
    let server = RawServer::start(|number| match number {
        0 => vec![Act::Pause(ms(500)), Act::Send(response("200 OK", &[], "first"))],
        _ => vec![Act::Send(response("200 OK", &[], "second"))],
    })
    .await;
    let client = client(server.url());
    let mut call = Box::pin(get(&client));
    while server.hits() == 0 {
        let early = tokio::time::timeout(ms(5), &mut call).await;
        assert!(early.is_err(), "the answer takes half a second");
    }
    drop(call);
    assert_eq!(get(&client).await.unwrap().text().unwrap(), "second");
}
