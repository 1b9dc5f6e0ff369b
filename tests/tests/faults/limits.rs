//! What is too much is refused with an error that says so, and costs no more memory than the limit.

use std::io::Write;

use axum::Router;
use axum::routing::get as on_get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use trunkline::{Body, Client, ClientBuilder, ErrorKind};
use trunkline_tests::clock::{ms, secs};
use trunkline_tests::raw_tcp::{Act, RawServer, chunk, head, response};
use trunkline_tests::reference::{SERVICE, get, reference};
use trunkline_tests::server::serve;

const MIB: usize = 1024 * 1024;

fn builder(url: impl Into<String>) -> ClientBuilder {
    Client::builder().service(SERVICE, reference().url(url).timeout(secs(20)).no_retry())
}

fn client(url: impl Into<String>) -> Client {
    builder(url).build().expect("the test's settings are right")
}

/// Fault 36: a streamed body and a server that is busy.
#[tokio::test]
async fn a_streamed_body_is_sent_once_and_the_error_says_why() {
    let busy = response("503 Service Unavailable", &[("retry-after", "0")], "busy");
    let server = RawServer::always([Act::Send(busy)]).await;
    let client = Client::builder()
        .service(SERVICE, reference().url(server.url()))
        .build()
        .unwrap();
    let chunks = stream::iter(["one", "two"].map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk))));
    let call = client.service(SERVICE).post("/x").body(Body::stream(chunks));
    let error = call.send().await.unwrap_err();
    assert_eq!((error.status_code(), server.hits()), (Some(503), 1));
    assert!(
        error.to_string().contains("a streamed body cannot be replayed"),
        "{error}"
    );
    assert!(String::from_utf8_lossy(&server.requests()[0].body).contains("two"));
}

/// Fault 36: without `Retry-After` too.
#[tokio::test]
async fn a_streamed_post_and_a_plain_503_say_why_as_well() {
    let server = RawServer::always([Act::Send(response("503 Service Unavailable", &[], ""))]).await;
    let client = Client::builder()
        .service(SERVICE, reference().url(server.url()))
        .build()
        .unwrap();
    let chunks = stream::iter([Ok::<_, std::io::Error>(Bytes::from("one"))]);
    let call = client.service(SERVICE).post("/x").body(Body::stream(chunks));
    let error = call.send().await.unwrap_err();
    assert_eq!(server.hits(), 1);
    assert!(
        error.to_string().contains("a streamed body cannot be replayed"),
        "{error}"
    );
}

/// Fault 37: a length that is far above the limit is not waited for.
#[tokio::test]
async fn a_body_of_ten_gib_is_refused_by_its_length() {
    let huge = head("200 OK", &[], Some(10 * 1024 * MIB as u64));
    let server = RawServer::always([Act::Send(huge), Act::Hang]).await;
    let error = get(&client(server.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("67108864 bytes"), "{error}");
}

/// Fault 37: chunks without an end.
#[tokio::test]
async fn chunks_without_an_end_are_read_up_to_the_limit() {
    let endless = Act::Repeat(chunk(&vec![b' '; 64 * 1024]), ms(0));
    let server = RawServer::always([Act::Send(head("200 OK", &[], None)), endless]).await;
    let client = builder(server.url()).max_body(3 * MIB).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("3145728 bytes"), "{error}");
}

/// Fault 37: one chunk whose size has no end.
#[tokio::test]
async fn a_chunk_size_beyond_all_numbers_is_against_the_protocol() {
    let mut bytes = head("200 OK", &[], None);
    bytes.extend_from_slice(&[b'f'; 40]);
    let server = RawServer::always([Act::Send(bytes), Act::Hang]).await;
    let error = get(&client(server.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
}

/// Fault 37: a small body that unpacks to a large one.
#[tokio::test]
async fn a_gzip_bomb_is_unpacked_up_to_the_limit() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..256 {
        encoder.write_all(&vec![b' '; MIB]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < MIB, "{} bytes", bomb.len());
    let answer = move || {
        let bomb = bomb.clone();
        async move { ([("content-encoding", "gzip")], bomb) }
    };
    let url = serve(Router::new().route("/x", on_get(answer))).await;
    let client = builder(url).max_body(4 * MIB).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("4194304 bytes"), "{error}");
}

/// Fault 37: a header of a MiB.
#[tokio::test]
async fn a_header_of_a_mib_is_refused() {
    let long = response("200 OK", &[("x-long", &"a".repeat(MIB))], "");
    let server = RawServer::always([Act::Send(long), Act::Hang]).await;
    let error = get(&client(server.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.message().len() < 1000, "{error}");
}

/// Fault 37: ten thousand headers.
#[tokio::test]
async fn ten_thousand_headers_are_refused() {
    let names: Vec<String> = (0..10_000).map(|number| format!("x-{number}")).collect();
    let headers: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let server = RawServer::always([Act::Send(response("200 OK", &headers, "")), Act::Hang]).await;
    let error = get(&client(server.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
}

/// Fault 37: a head that never ends, slowly.
#[tokio::test]
async fn a_head_that_never_ends_is_a_timeout() {
    let drip = Act::Repeat(b"x-a: b\r\n".to_vec(), ms(20));
    let server = RawServer::always([Act::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), drip]).await;
    let error = get(&client(server.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_server_that_speaks_no_http_is_an_error_of_the_transport() {
    let server = RawServer::always([Act::Send(b"220 mail.example ESMTP\r\n".to_vec()), Act::Hang]).await;
    let error = get(&client(server.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let server = RawServer::always([Act::Send(response("200 OK", &[], &"a".repeat(1000)))]).await;
    let client = builder(server.url()).max_body(1000).build().unwrap();
    assert_eq!(get(&client).await.unwrap().bytes().len(), 1000);
}

#[tokio::test]
async fn a_body_of_one_more_than_the_limit_is_refused() {
    let bytes = [
        head("200 OK", &[], None),
        chunk(&[b'a'; 999]),
        chunk(b"bc"),
        chunk(b""),
    ]
    .concat();
    let server = RawServer::always([Act::Send(bytes)]).await;
    let client = builder(server.url()).max_body(1000).build().unwrap();
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::Decode);
}

/// An error's body is cut off, not refused: the status is what matters.
#[tokio::test]
async fn the_body_of_an_error_is_read_up_to_64_kib() {
    let endless = Act::Repeat(chunk(&vec![b'e'; 16 * 1024]), ms(0));
    let server = RawServer::always([Act::Send(head("500 Oh", &[], None)), endless]).await;
    let error = get(&client(server.url())).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Status, Some(500))
    );
    assert_eq!(error.body().len(), 64 * 1024);
}
