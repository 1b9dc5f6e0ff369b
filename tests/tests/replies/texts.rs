//! Text by its charset, and raw bytes.

use trunkline::testing::Step;
use trunkline::{ErrorKind, Raw, Reply, Result, Text, service};
use trunkline_tests::scripted::{self, script};

#[service("texts")]
trait Texts {
    #[get("/text")]
    async fn text(&self) -> Result<Text>;
    #[get("/raw")]
    async fn raw(&self) -> Result<Raw>;
    #[get("/both")]
    async fn both(&self) -> Result<Reply<Text>>;
}

fn texts(content_type: Option<&str>, body: &[u8]) -> TextsClient {
    let step = Step::reply(200).body(body.to_vec());
    let step = match content_type {
        Some(content_type) => step.header("content-type", content_type),
        None => step,
    };
    TextsClient::new(&scripted::client("texts", &script(step)))
}

async fn check(content_type: Option<&str>, body: &[u8], expected: &str) {
    let text = texts(content_type, body).text().await.expect(expected);
    assert_eq!(&*text, expected, "{content_type:?}");
}

#[tokio::test(start_paused = true)]
async fn text_is_read_by_its_charset() {
    check(None, "é日".as_bytes(), "é日").await;
    check(Some("text/plain"), "é日".as_bytes(), "é日").await;
    check(Some("text/html; charset=ISO-8859-1"), b"\xe9", "é").await;
    check(Some("text/plain; charset=\"windows-1252\""), b"\x80", "€").await;
    check(
        Some("text/csv; header=present; charset=utf-16be"),
        b"\x00a\x65\xe5",
        "a日",
    )
    .await;
    check(Some("text/plain; charset=shift_jis"), b"\x93\xfa", "日").await;
    check(Some("text/plain; charset=GBK"), b"\xc8\xd5", "日").await;
    check(Some("application/json"), b"{}", "{}").await;
}

#[tokio::test(start_paused = true)]
async fn a_byte_order_mark_wins_and_is_no_part_of_the_text() {
    check(
        Some("text/plain; charset=iso-8859-1"),
        b"\xef\xbb\xbf\xc3\xa9",
        "é",
    )
    .await;
    check(Some("text/plain"), b"\xff\xfea\x00", "a").await;
    check(None, b"\xfe\xff\x00a", "a").await;
}

#[tokio::test(start_paused = true)]
async fn no_body_is_no_text() {
    check(Some("text/plain"), b"", "").await;
}

async fn check_refused(content_type: &str, body: &[u8], expected: &str) {
    let error = texts(Some(content_type), body).text().await.expect_err(expected);
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Decode, Some(200))
    );
    assert!(error.to_string().contains(expected), "{error}");
}

#[tokio::test(start_paused = true)]
async fn text_that_is_none_of_its_charset_is_an_error_that_names_it() {
    check_refused("text/plain", b"a\xff", "not valid UTF-8").await;
    check_refused("text/plain; charset=shift_jis", b"\x93", "not valid Shift_JIS").await;
    check_refused(
        "text/plain; charset=klingon",
        b"a",
        "the charset `klingon` is not known",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn raw_bytes_come_as_they_are_with_their_type() -> Result<()> {
    let raw = texts(Some("image/png"), b"\x89PNG\xff\0").raw().await?;
    assert_eq!(
        (raw.content_type(), &raw.bytes()[..]),
        (Some("image/png"), &b"\x89PNG\xff\0"[..])
    );
    let raw = texts(None, b"").raw().await?;
    assert_eq!((raw.content_type(), raw.bytes().len()), (None, 0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn text_may_come_with_its_head() -> Result<()> {
    let reply = texts(Some("text/plain"), b"pong").both().await?;
    assert_eq!(reply.headers()["content-type"], "text/plain");
    assert_eq!(reply.into_inner().into_string(), "pong");
    Ok(())
}
