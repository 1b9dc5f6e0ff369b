//! Bodies that are not what the type says, and what the error says of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use trunkline::testing::{Script, Step};
use trunkline::{Error, ErrorKind, Result, service};
use trunkline_tests::scripted::{self, A, json, script};

#[derive(Debug, Deserialize)]
struct Order {
    #[expect(dead_code, reason = "decoding is what is tested")]
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "decoding is what is tested")]
struct Line {
    id: u64,
    tags: BTreeMap<String, bool>,
}

#[service("decoding")]
trait Decoding {
    #[get("/orders/{id}")]
    async fn order(&self, id: u64) -> Result<Order>;
    #[get("/value")]
    async fn value(&self) -> Result<Value>;
    #[get("/text")]
    async fn string(&self) -> Result<String>;
}

async fn order(step: Step) -> Error {
    let script: Script = script(step);
    let decoding = DecodingClient::new(&scripted::client("decoding", &script));
    let error = decoding.order(7).await.expect_err("it is no order");
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Decode, 1),
        "{error}"
    );
    assert_eq!(script.hits(A), 1, "an answer is not asked for again");
    assert!(error.may_have_reached_server());
    error
}

async fn check(step: Step, expected: &str) {
    let error = order(step).await;
    assert!(
        error.to_string().contains(expected),
        "`{expected}` is not in: {error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_type_is_named_by_its_path() {
    check(json(200, r#"{"lines": 7}"#), "`lines`: invalid type").await;
    check(
        json(200, r#"{"lines": [{"id": 1, "tags": {}}, {"id": "x"}]}"#),
        "`lines[1].id`: invalid type",
    )
    .await;
    check(
        json(200, r#"{"lines": [{"id": 1, "tags": {"a b": 1}}]}"#),
        r#"`lines[0].tags["a b"]`: invalid type"#,
    )
    .await;
    check(
        json(200, r#"{"lines": [{"id": 1}]}"#),
        "`lines[0]`: missing field `tags`",
    )
    .await;
    check(
        json(200, r#"{"lines": [{"id": -1, "tags": {}}]}"#),
        "`lines[0].id`: invalid value",
    )
    .await;
    check(json(200, "{}"), "missing field `lines`").await;
    check(json(200, "[]"), "expected struct Order").await;
}

#[tokio::test(start_paused = true)]
async fn the_error_has_status_content_type_and_excerpt() {
    let step = Step::reply(202)
        .header("content-type", "application/vnd.api+json; charset=utf-8")
        .body(r#"{"lines": true}"#);
    let error = order(step).await;
    assert_eq!(error.status_code(), Some(202));
    assert_eq!(error.body(), br#"{"lines": true}"#);
    assert_eq!(
        (error.service(), error.endpoint()),
        (Some("decoding"), Some("order"))
    );
    let text = error.to_string();
    for part in [
        "decoding.order: ",
        "`lines`",
        "status 202",
        "application/vnd.api+json",
        r#"{"lines": true}"#,
        "1 attempt ",
        "http://a:1",
    ] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_excerpt_is_bounded_and_shows_the_place() {
    let body = format!(r#"{{"padding": "{}", "lines": "here"}}"#, "x".repeat(100_000));
    let error = order(json(200, &body)).await;
    let text = error.to_string();
    assert!(
        text.contains("`lines`") && text.contains(r#""lines": "here""#),
        "{text}"
    );
    assert!(text.len() < 1_500, "{} bytes", text.len());
    assert!(error.body().len() <= 64 * 1024);
}

#[tokio::test(start_paused = true)]
async fn truncated_json_ends_early() {
    check(json(200, r#"{"lines": [{"id": 1,"#), "the JSON ends early").await;
    check(json(200, r#"{"lines": "#), "the JSON ends early").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_json_says_so() {
    check(json(200, "lines"), "not valid JSON").await;
    check(json(200, r#"{"lines": [],}"#), "not valid JSON").await;
    check(json(200, "<html><body>Welcome"), "looks like HTML").await;
}

#[tokio::test(start_paused = true)]
async fn trailing_garbage_is_an_error() {
    check(json(200, r#"{"lines": []} {"lines": []}"#), "trailing characters").await;
    check(json(200, r#"{"lines": []}x"#), "trailing characters").await;
}

#[tokio::test(start_paused = true)]
async fn another_content_type_is_named_with_what_reads_it() {
    let html = Step::reply(200)
        .header("content-type", "text/html; charset=utf-8")
        .body("<html>Sign in</html>");
    let error = order(html).await;
    let text = error.to_string();
    for part in [
        "expected JSON, got text/html",
        "`Text` and `Raw`",
        "<html>Sign in",
    ] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn json_under_another_content_type_is_read() -> Result<()> {
    for content_type in ["text/plain", "text/html", "application/octet-stream", "nonsense"] {
        let step = Step::reply(200)
            .header("content-type", content_type)
            .body(r#""x""#);
        let decoding = DecodingClient::new(&scripted::client("decoding", &script(step)));
        assert_eq!(decoding.string().await?, "x", "{content_type}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn invalid_utf8_is_named_by_its_byte() {
    let step = Step::reply(200)
        .header("content-type", "application/json")
        .body(&b"{\"lines\": \"\xff\"}"[..]);
    check(step, "not valid UTF-8 (byte 11)").await;
}

#[tokio::test(start_paused = true)]
async fn json_in_another_charset_is_read() -> Result<()> {
    let utf16: Vec<u8> = "\u{feff}\"é\""
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (content_type, body) in [
        ("application/json; charset=utf-16le", utf16.as_slice()),
        ("application/json", &b"\xef\xbb\xbf\"\xc3\xa9\""[..]),
        ("application/json; charset=\"iso-8859-1\"", &b"\"\xe9\""[..]),
        ("application/json; charset=iso-8859-1", &b"\"\xc3\xa9\""[..]),
    ] {
        let step = Step::reply(200)
            .header("content-type", content_type)
            .body(body.to_vec());
        let decoding = DecodingClient::new(&scripted::client("decoding", &script(step)));
        assert_eq!(decoding.string().await?, "é", "{content_type}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nesting_without_end_is_an_error_and_no_crash() {
    let script = script(json(200, &"[".repeat(1_000_000)));
    let decoding = DecodingClient::new(&scripted::client("decoding", &script));
    let error = decoding.value().await.expect_err("too deep");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().len() < 1_500, "{error}");
}
