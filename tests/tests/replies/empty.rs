//! Replies without a body, and values that need none.

use serde::Deserialize;
use serde_json::{Value, json};
use trunkline::testing::{Script, Step};
use trunkline::{ErrorKind, Reply, Result, service};
use trunkline_tests::scripted::{self, json as json_text, script};

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Item {
    id: u64,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Marker;

#[service("replies")]
trait Replies {
    #[get("/r")]
    async fn unit(&self) -> Result<()>;
    #[get("/r")]
    async fn marker(&self) -> Result<Marker>;
    #[get("/r")]
    async fn option(&self) -> Result<Option<Item>>;
    #[get("/r")]
    async fn item(&self) -> Result<Item>;
    #[get("/r")]
    async fn value(&self) -> Result<Value>;
    #[get("/r")]
    async fn reply(&self) -> Result<Reply<Item>>;
    #[get("/r")]
    async fn nothing(&self) -> Result<Reply<Option<Item>>>;
}

fn replies(step: Step) -> RepliesClient {
    let script: Script = script(step);
    RepliesClient::new(&scripted::client("replies", &script))
}

fn absent() -> [Step; 5] {
    [
        Step::reply(204),
        Step::reply(200),
        Step::reply(200).header("content-type", "application/json"),
        json_text(200, " \n"),
        json_text(200, "null"),
    ]
}

#[tokio::test(start_paused = true)]
async fn nothing_reads_as_an_absent_value() -> Result<()> {
    for step in absent() {
        let replies = replies(step);
        replies.unit().await?;
        assert_eq!(replies.option().await?, None);
        assert_eq!(replies.value().await?, Value::Null);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_no_value_of_a_type_that_needs_one() {
    for step in absent() {
        let error = replies(step).item().await.expect_err("there is no item");
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
    let error = replies(Step::reply(204))
        .item()
        .await
        .expect_err("there is no item");
    assert!(error.to_string().contains("the body is empty"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_unit_takes_any_document_and_keeps_nothing() -> Result<()> {
    for body in ["{}", "[1, 2]", r#"{"id": 7}"#, "\"text\"", "7", "true"] {
        replies(json_text(200, body)).unit().await?;
    }
    replies(json_text(200, "null")).marker().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_option_is_there_when_the_body_is() -> Result<()> {
    let replies = replies(Step::json(200, &json!({ "id": 7, "unknown": true })));
    assert_eq!(replies.option().await?, Some(Item { id: 7 }));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_reply_has_status_headers_instance_and_value() -> Result<()> {
    let step = Step::json(201, &json!({ "id": 7 }))
        .header("location", "/r/7")
        .header("x-many", "a")
        .header("x-many", "b");
    let reply = replies(step).reply().await?;
    assert_eq!((reply.status().as_u16(), reply.instance()), (201, "http://a:1"));
    assert_eq!(reply.headers()["location"], "/r/7");
    assert_eq!(reply.headers().get_all("x-many").iter().count(), 2);
    assert_eq!((reply.code(), reply.message()), (None, None));
    assert_eq!(reply.into_inner(), Item { id: 7 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_reply_of_nothing_still_has_its_head() -> Result<()> {
    let reply = replies(Step::reply(204).header("x-a", "1")).nothing().await?;
    assert_eq!((reply.status().as_u16(), reply.value()), (204, &None));
    assert_eq!(reply.headers()["x-a"], "1");
    Ok(())
}
