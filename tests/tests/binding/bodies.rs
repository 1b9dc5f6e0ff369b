//! Raw bodies and JSON bodies.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;
use trunkline::{Body, ErrorKind, Result, service};
use trunkline_tests::echo::{self, Echo};

#[service("bodies")]
trait Bodies {
    #[post("/raw")]
    async fn raw(&self, #[body] body: impl Into<Body>) -> Result<Echo>;

    #[put("/bytes/{id}")]
    #[header("Content-Type" = "application/octet-stream")]
    async fn bytes(&self, id: u8, #[body] body: Bytes, #[query] part: u8) -> Result<Echo>;

    #[request("REPORT", "/report")]
    async fn report(&self, #[body] body: String) -> Result<Echo>;

    #[post("/json")]
    async fn json(&self, #[json] body: &Value, #[query] page: u8) -> Result<Echo>;

    #[put("/json")]
    async fn map(&self, body: &BTreeMap<(u8, u8), u8>) -> Result<Echo>;

    #[post("/option")]
    async fn option(&self, body: Option<&str>) -> Result<Echo>;
}

async fn bodies() -> BodiesClient {
    BodiesClient::new(&echo::client("bodies").await)
}

#[tokio::test]
async fn text_and_bytes_go_as_they_are_without_a_type_of_their_own() -> Result<()> {
    let bodies = bodies().await;
    for body in [
        Body::from("a\0\r\n é"),
        Body::from("a\0\r\n é".to_owned()),
        Body::from(Bytes::from("a\0\r\n é")),
        Body::from("a\0\r\n é".as_bytes().to_vec()),
    ] {
        let arrived = bodies.raw(body).await?;
        assert_eq!(arrived.body, "a\0\r\n é");
        assert_eq!(arrived.header("content-type"), None);
        assert_eq!(arrived.header("content-length"), Some("7"));
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_goes_in_chunks() -> Result<()> {
    let chunks = stream::iter(["a", "b", "c"].map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk))));
    let arrived = bodies().await.raw(Body::stream(chunks)).await?;
    assert_eq!(arrived.body, "abc");
    assert_eq!(arrived.header("transfer-encoding"), Some("chunked"));
    assert_eq!(arrived.header("content-length"), None);
    Ok(())
}

#[tokio::test]
async fn a_stream_that_fails_fails_the_call() {
    let chunks = stream::iter([
        Ok(Bytes::from("a")),
        Err(std::io::Error::other("the disk is gone")),
    ]);
    let error = bodies().await.raw(Body::stream(chunks)).await;
    let error = error.expect_err("half a body");
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Request, 1),
        "{error}"
    );
    assert!(error.to_string().contains("the disk is gone"), "{error}");
}

#[tokio::test]
async fn a_raw_body_stands_beside_path_query_and_headers() -> Result<()> {
    let arrived = bodies().await.bytes(7, Bytes::from_static(b"x"), 2).await?;
    assert_eq!((arrived.path.as_str(), arrived.body.as_str()), ("/bytes/7", "x"));
    assert_eq!(arrived.raw_query.as_deref(), Some("part=2"));
    assert_eq!(arrived.headers("content-type"), ["application/octet-stream"]);
    Ok(())
}

#[tokio::test]
async fn another_method_may_have_a_raw_body() -> Result<()> {
    let arrived = bodies().await.report("<report/>".into()).await?;
    assert_eq!(
        (arrived.method.as_str(), arrived.body.as_str()),
        ("REPORT", "<report/>")
    );
    Ok(())
}

#[tokio::test]
async fn json_by_its_attribute_leaves_the_rest_to_attributes() -> Result<()> {
    let arrived = bodies().await.json(&Value::Null, 1).await?;
    assert_eq!(
        (arrived.body.as_str(), arrived.raw_query.as_deref()),
        ("null", Some("page=1"))
    );
    Ok(())
}

#[tokio::test]
async fn nothing_as_json_is_null_and_not_an_empty_body() -> Result<()> {
    assert_eq!(bodies().await.option(None).await?.body, "null");
    Ok(())
}

#[tokio::test]
async fn what_json_cannot_hold_is_an_error_of_the_call() {
    let error = bodies().await.map(&BTreeMap::from([((1, 2), 3)])).await;
    let error = error.expect_err("a key is text");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    assert!(
        error.to_string().contains("JSON body: key must be a string"),
        "{error}"
    );
}
