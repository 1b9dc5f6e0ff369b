//! Successes: which shapes are understood, and what is decoded of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use trunkline::testing::Script;
use trunkline::{EnvelopePolicy, Reply, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, json as json_text, script};

#[derive(Debug, Deserialize, PartialEq)]
struct Order {
    id: u64,
}

#[service("shapes", envelope)]
trait Shapes {
    #[get("/order")]
    async fn order(&self) -> Result<Order>;
    #[get("/maybe")]
    async fn maybe(&self) -> Result<Option<Order>>;
    #[get("/unit")]
    async fn unit(&self) -> Result<()>;
    #[get("/reply")]
    async fn reply(&self) -> Result<Reply<Order>>;
    #[get("/named")]
    async fn named(&self) -> Result<BTreeMap<String, Value>>;
    #[get("/off")]
    #[envelope(off)]
    async fn off(&self) -> Result<Value>;
    #[get("/custom")]
    #[envelope(data = "result", code = "ret", message = "info", ok = [1, "OK"])]
    async fn custom(&self) -> Result<Reply<Order>>;
}

fn shapes(body: &str) -> ShapesClient {
    let script: Script = script(json_text(200, body));
    ShapesClient::new(&scripted::client("shapes", &script))
}

#[tokio::test(start_paused = true)]
async fn the_value_is_unwrapped_from_either_familys_envelope() -> Result<()> {
    for body in [
        r#"{"success": true, "message": "ok", "data": {"id": 7}, "error_code": null, "timestamp": "2026-01-01 00:00:00"}"#,
        r#"{"success": true, "data": {"id": 7}}"#,
        r#"{"code": 0, "message": "ok", "data": {"id": 7}, "timestamp": "2026-01-01T00:00:00Z"}"#,
        r#"{"code": 200, "data": {"id": 7}}"#,
        r#"{"code": "0000", "data": {"id": 7}}"#,
        r#"{"code": "200", "data": {"id": 7}, "success": true}"#,
        r#"{"data": {"id": 7}, "message": "", "code": 200.0}"#,
        r#"{"code": 2e2, "data": {"id": 7}}"#,
        r#"{"code": null, "success": true, "data": {"id": 7}}"#,
    ] {
        assert_eq!(shapes(body).order().await.expect(body), Order { id: 7 }, "{body}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_success_without_data_is_decoded_whole() -> Result<()> {
    let body = r#"{"success": true, "id": 7, "models": ["a"]}"#;
    assert_eq!(shapes(body).order().await?, Order { id: 7 });
    let named = shapes(body).named().await?;
    assert_eq!(named["models"], json!(["a"]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_body_without_an_envelope_is_the_value() -> Result<()> {
    assert_eq!(shapes(r#"{"id": 7}"#).order().await?, Order { id: 7 });
    assert_eq!(
        shapes(r#"{"id": 7, "data": {"id": 8}}"#).order().await?,
        Order { id: 7 }
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_data_is_an_absent_value() -> Result<()> {
    let body = r#"{"code": 0, "message": "ok", "data": null}"#;
    assert_eq!(shapes(body).maybe().await?, None);
    shapes(body).unit().await?;
    shapes("").unit().await?;
    assert_eq!(shapes("").maybe().await?, None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_reply_has_code_and_message_of_its_envelope() -> Result<()> {
    let reply = shapes(r#"{"code": "0000", "message": "fine", "data": {"id": 7}}"#)
        .reply()
        .await?;
    assert_eq!((reply.code(), reply.message()), (Some("0000"), Some("fine")));
    let reply = shapes(r#"{"success": true, "data": {"id": 7}}"#).reply().await?;
    assert_eq!((reply.code(), reply.message()), (None, None));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_envelope_that_is_off_is_the_value() -> Result<()> {
    let body = json!({ "code": 500, "success": false, "data": { "id": 7 } });
    assert_eq!(shapes(&body.to_string()).off().await?, body);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn keys_and_codes_may_be_others() -> Result<()> {
    for code in ["1", "\"1\"", "1.0", "\"OK\""] {
        let body = format!(r#"{{"ret": {code}, "info": "fine", "result": {{"id": 7}}, "code": 500}}"#);
        let reply = shapes(&body).custom().await.expect(&body);
        assert_eq!((reply.message(), reply.value()), (Some("fine"), &Order { id: 7 }));
    }
    for code in ["0", "200", "\"ok\"", "10"] {
        let body = format!(r#"{{"ret": {code}, "info": "bad", "result": {{"id": 7}}}}"#);
        let error = shapes(&body).custom().await.expect_err(&body);
        assert_eq!(error.message(), "bad");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wrong_value_is_named_by_its_path_in_the_document() {
    let body = r#"{"code": 0, "data": {"id": "x"}}"#;
    let error = shapes(body).order().await.expect_err("text is no number");
    assert!(error.to_string().contains("`data.id`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn configuration_turns_envelopes_on_and_off() -> Result<()> {
    #[service("plain")]
    trait Plain {
        #[get("/order")]
        async fn order(&self) -> Result<Order>;
    }
    let script = script(json_text(200, r#"{"ret": 0, "result": {"id": 7}}"#));
    let client = scripted::client("plain", &script);
    let plain = PlainClient::new(&client);
    plain.order().await.expect_err("the whole body has no id");
    let keys = || EnvelopePolicy {
        data: "result".into(),
        code: "ret".into(),
        ..EnvelopePolicy::default()
    };
    client.configure("plain", |service| service.envelope_keys(keys()))?;
    assert_eq!(plain.order().await?, Order { id: 7 });
    let off = ServiceConfig::new().no_envelope();
    client.configure("plain", |service| service.endpoint("order", off))?;
    plain.order().await.expect_err("off for this endpoint");
    assert_eq!(script.hits(A), 3);
    Ok(())
}
