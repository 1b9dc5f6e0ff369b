//! Which codings of a reply are asked for and unpacked: those whose features are on.

use trunkline::{Client, ErrorKind, Result, ServiceConfig};

use crate::server::{Answer, Server, Then, header, response};

/// The features that are on, by the coding that each stands for.
const ON: [(&str, bool); 3] = [
    ("gzip", cfg!(feature = "gzip")),
    ("br", cfg!(feature = "brotli")),
    ("zstd", cfg!(feature = "zstd")),
];

/// `[1,2]`, packed by gzip, brotli and zstd.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x8b\x36\xd4\x31\x8a\x05\x00\xbf\x50\x8b\x08\x05\x00\x00\x00";
const BROTLI: &[u8] = b"\x0b\x02\x80[1,2]\x03";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00[1,2]";

/// What a client makes of this reply, and the request's `accept-encoding`.
async fn unpacked(answer: Answer) -> (Result<Vec<u32>>, Option<String>) {
    let mut server = Server::start(answer).await;
    let config = ServiceConfig::new().url(&server.url).no_retry();
    let client = Client::builder()
        .service("numbers", config)
        .build()
        .expect("nothing is wrong");
    let value = client.service("numbers").get("/").fetch().await;
    let asked = header(&server.requests()[0], "accept-encoding").map(str::to_owned);
    (value, asked)
}

async fn check(coding: &str, answer: Answer) {
    let (value, asked) = unpacked(answer).await;
    let is_on = ON.contains(&(coding, true));
    let asks = asked.is_some_and(|asked| asked.split(',').any(|asked| asked.trim() == coding));
    assert_eq!(asks, is_on, "{coding} is asked for");
    match value {
        Ok(value) => assert!(is_on && value == [1, 2], "{coding}: {value:?}"),
        Err(error) => assert!(!is_on && error.kind() == ErrorKind::Decode, "{coding}: {error}"),
    }
}

fn packed(coding: &str, bytes: &[u8]) -> (Vec<u8>, Then) {
    let lines = format!("content-type: application/json\r\ncontent-encoding: {coding}\r\n");
    (response(200, &lines, bytes), Then::Stay)
}

#[tokio::test]
async fn gzip_is_unpacked_where_its_feature_is_on() {
    check("gzip", |_| packed("gzip", GZIP)).await;
}

#[tokio::test]
async fn brotli_is_unpacked_where_its_feature_is_on() {
    check("br", |_| packed("br", BROTLI)).await;
}

#[tokio::test]
async fn zstd_is_unpacked_where_its_feature_is_on() {
    check("zstd", |_| packed("zstd", ZSTD)).await;
}

#[tokio::test]
async fn a_body_that_is_not_packed_is_taken_as_it_is() {
    let (value, asked) = unpacked(|_| (response(200, "", b"[1,2]"), Then::Stay)).await;
    assert_eq!(value.expect("it is JSON"), [1, 2]);
    assert_eq!(asked.is_some(), ON.iter().any(|(_, is_on)| *is_on));
}
