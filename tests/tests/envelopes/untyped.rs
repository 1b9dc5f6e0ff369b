//! Envelopes of untyped calls.

use serde::Deserialize;
use serde_json::{Value, json};
use trunkline::testing::Step;
use trunkline::{Client, ErrorKind, Result, ServiceConfig};
use trunkline_tests::scripted::{self, A, script};

#[derive(Debug, Deserialize, PartialEq)]
struct Order {
    id: u64,
}

fn client(config: ServiceConfig, body: &Value) -> Client {
    let script = script(Step::json(200, body));
    let client = scripted::builder(&script)
        .service("orders", config.url(A))
        .build();
    client.expect("the settings are legal")
}

#[tokio::test(start_paused = true)]
async fn data_code_and_message_are_read_where_the_service_has_envelopes() -> Result<()> {
    let body = json!({ "code": 0, "message": "ok", "data": { "id": 7 } });
    let client = client(ServiceConfig::new().envelope(), &body);
    let reply = client.service("orders").get("/o").send().await?;
    assert_eq!(reply.data::<Order>()?, Order { id: 7 });
    assert_eq!((reply.code(), reply.message()), (Some("0"), Some("ok")));
    assert_eq!(reply.json::<Value>()?, body, "the whole body is there as well");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn data_understands_both_shapes_without_being_told() -> Result<()> {
    for body in [
        json!({ "code": 200, "message": "ok", "data": { "id": 7 } }),
        json!({ "success": true, "message": "ok", "data": { "id": 7 } }),
        json!({ "id": 7 }),
    ] {
        let client = client(ServiceConfig::new(), &body);
        let reply = client.service("orders").get("/o").send().await?;
        assert_eq!(reply.data::<Order>()?, Order { id: 7 }, "{body}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failed_envelope_fails_the_call_where_the_service_has_envelopes() {
    let body = json!({ "success": false, "message": "no", "error_code": "E1" });
    let client = client(ServiceConfig::new().envelope(), &body);
    let error = client
        .service("orders")
        .get("/o")
        .send()
        .await
        .expect_err("it failed");
    assert_eq!(
        (error.kind(), error.code(), error.message()),
        (ErrorKind::Business, Some("E1"), "no")
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_envelope_fails_its_data_where_nobody_said_so() -> Result<()> {
    let body = json!({ "code": 7, "message": "no" });
    let client = client(ServiceConfig::new(), &body);
    let reply = client.service("orders").get("/o").send().await?;
    let error = reply.data::<Order>().expect_err("it failed");
    assert_eq!(
        (error.kind(), error.code(), error.status_code()),
        (ErrorKind::Business, Some("7"), Some(200))
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn wrong_data_is_named_by_its_path() -> Result<()> {
    let client = client(ServiceConfig::new(), &json!({ "code": 0, "data": { "id": [] } }));
    let reply = client.service("orders").get("/o").send().await?;
    let error = reply.data::<Order>().expect_err("a list is no number");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("`data.id`"), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn fetch_reads_the_value_as_a_method_would() -> Result<()> {
    let body = json!({ "code": 0, "data": { "id": 7 } });
    let client = client(ServiceConfig::new().envelope(), &body);
    assert_eq!(
        client.service("orders").get("/o").fetch::<Order>().await?,
        Order { id: 7 }
    );
    Ok(())
}
