//! Failures: what the error says, and what retry, metrics and breaker make of it.

use serde_json::{Value, json};
use trunkline::testing::{Script, Step};
use trunkline::{BreakerPolicy, Error, ErrorKind, FromReply, Raw, Reply, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, script};

#[derive(Debug, FromReply)]
enum Outcome {
    #[status(200)]
    Fine(Value),
    #[status(409)]
    Conflict(Reply<Raw>),
}

#[service("failures", envelope)]
trait Failures {
    #[get("/order")]
    async fn order(&self) -> Result<Value>;
    #[get("/by-status")]
    async fn by_status(&self) -> Result<Outcome>;
}

fn failures(script: &Script) -> FailuresClient {
    FailuresClient::new(&scripted::client("failures", script))
}

async fn failed(status: u16, body: Value) -> Error {
    let script = script(Step::json(status, &body));
    failures(&script).order().await.expect_err("it failed")
}

/// Checks a failed envelope: code, message and HTTP status.
async fn check(status: u16, body: Value, code: Option<&str>, message: &str) {
    let error = failed(status, body.clone()).await;
    assert_eq!(error.kind(), ErrorKind::Business, "{body}: {error}");
    assert_eq!((error.code(), error.message()), (code, message), "{body}");
    assert_eq!(error.status_code(), Some(status), "{body}");
    assert_eq!(error.json::<Value>().expect("the body is kept"), body);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_either_family_has_code_message_and_status() {
    let a = json!({ "success": false, "message": "no such order", "data": null, "error_code": "E404", "timestamp": 1 });
    check(200, a.clone(), Some("E404"), "no such order").await;
    check(404, a, Some("E404"), "no such order").await;
    check(
        200,
        json!({ "success": false, "message": "m", "error_code": 17 }),
        Some("17"),
        "m",
    )
    .await;
    check(200, json!({ "success": false, "message": "m" }), None, "m").await;
    check(
        200,
        json!({ "code": 40401, "message": "gone" }),
        Some("40401"),
        "gone",
    )
    .await;
    check(
        404,
        json!({ "code": "40401", "message": "gone" }),
        Some("40401"),
        "gone",
    )
    .await;
    check(
        400,
        json!({ "code": -1, "message": "unhandled" }),
        Some("-1"),
        "unhandled",
    )
    .await;
    check(
        200,
        json!({ "code": 0, "message": "odd", "success": false }),
        Some("0"),
        "odd",
    )
    .await;
    check(400, json!({ "code": 200, "message": "odd" }), Some("200"), "odd").await;
    check(
        200,
        json!({ "code": "0", "message": "zero is 0", "success": false }),
        Some("0"),
        "zero is 0",
    )
    .await;
    check(
        200,
        json!({ "code": "000", "message": "not 0000" }),
        Some("000"),
        "not 0000",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_a_message_says_what_there_is() {
    let error = failed(200, json!({ "code": 7 })).await;
    assert!(error.to_string().contains("code 7"), "{error}");
    let error = failed(200, json!({ "success": false })).await;
    assert!(error.to_string().contains("the call failed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn details_are_kept() {
    let details = json!({ "errors": [{ "field": "name", "message": "too short", "type": "length" }] });
    let error = failed(
        422,
        json!({ "code": 42200, "message": "invalid", "data": null, "details": details }),
    )
    .await;
    assert_eq!(error.details(), Some(&details));
}

#[tokio::test(start_paused = true)]
async fn the_display_form_has_message_and_code() {
    let text = failed(200, json!({ "code": 40401, "message": "gone" }))
        .await
        .to_string();
    assert!(text.starts_with("failures.order: gone (code 40401)"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_error_status_without_an_envelope_stays_a_status_error() {
    let long = json!({ "error": true, "status_code": 404, "message": "no such service" });
    for (body, message) in [
        (json!({ "detail": "not here" }), "not here"),
        (long, "no such service"),
        (
            json!({ "error": "NotFound", "message": "nothing", "details": {} }),
            "nothing",
        ),
    ] {
        let error = failed(404, body).await;
        assert_eq!((error.kind(), error.message()), (ErrorKind::Status, message));
    }
}

#[tokio::test(start_paused = true)]
async fn a_business_failure_beside_a_status_that_may_pass_is_tried_again() {
    for (status, code) in [(500, -1), (503, 50300), (429, 42900)] {
        let failure = Step::json(status, &json!({ "code": code, "message": "later" }));
        let helped = script([failure.clone(), Step::json(200, &json!({ "code": 0, "data": 7 }))]);
        assert_eq!(failures(&helped).order().await.expect("the second try"), 7);
        let script = script(failure);
        let error = failures(&script).order().await.expect_err("it fails each time");
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Business, 4),
            "{error}"
        );
        assert_eq!(error.code(), Some(code.to_string().as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_business_failure_beside_any_other_status_is_never_tried_again() {
    for status in [400, 404, 409, 422, 501] {
        let script = script(Step::json(status, &json!({ "code": 500, "message": "m" })));
        let error = failures(&script).order().await.expect_err("it failed");
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Business, 1),
            "{status}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_business_failure_with_a_2xx_is_never_tried_again() {
    for body in [
        json!({ "code": 500, "message": "m" }),
        json!({ "success": false }),
        json!({ "code": 503 }),
    ] {
        let script = script(Step::json(200, &body));
        let error = failures(&script).order().await.expect_err("it failed");
        assert_eq!((error.attempts(), script.hits(A)), (1, 1), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_business_failure_fails_the_call_in_the_metrics() {
    let script = script(Step::json(200, &json!({ "code": 7 })));
    let client = scripted::client("failures", &script);
    FailuresClient::new(&client).order().await.expect_err("it failed");
    let service = &client.metrics().services["failures"];
    assert_eq!((service.successful_calls, service.failed_calls), (0, 1));
    assert_eq!(service.failures["business"], 1);
    assert_eq!(service.retry_count, 0);
}

#[tokio::test(start_paused = true)]
async fn a_business_failure_is_a_success_for_the_breaker() {
    let failure = || Step::json(200, &json!({ "code": 7 }));
    let steps = [Step::reply(500), failure(), Step::reply(500), failure()];
    let script = script(Step::cycle(steps));
    let policy = BreakerPolicy {
        failures: 2,
        ..BreakerPolicy::default()
    };
    let config = ServiceConfig::new().url(A).breaker(policy).no_retry();
    let client = scripted::builder(&script).service("failures", config).build();
    let client = client.expect("the settings are legal");
    for _ in 0..8 {
        let error = FailuresClient::new(&client).order().await.expect_err("it fails");
        assert_ne!(
            error.kind(),
            ErrorKind::CircuitOpen,
            "the failures were never two in a row"
        );
    }
    assert_eq!((script.hits(A), client.metrics().circuit_breaker_trips), (8, 0));
}

#[tokio::test(start_paused = true)]
async fn a_status_that_the_type_accepts_is_a_value_even_when_its_envelope_failed() -> Result<()> {
    let conflict = script(Step::json(409, &json!({ "code": 40900, "message": "taken" })));
    let Outcome::Conflict(reply) = failures(&conflict).by_status().await? else {
        panic!("409 has a variant")
    };
    assert_eq!(reply.json::<Value>()?["message"], "taken");
    let fine = script(Step::json(200, &json!({ "code": 0, "data": 7 })));
    assert!(matches!(failures(&fine).by_status().await?, Outcome::Fine(value) if value == 7));
    let failed = script(Step::json(200, &json!({ "code": 7 })));
    let error = failures(&failed).by_status().await.expect_err("a failed 200");
    assert_eq!(error.kind(), ErrorKind::Business);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_end_is_bounded_in_the_error() {
    let error = failed(
        200,
        json!({ "code": "x".repeat(10_000), "message": "y".repeat(1_000_000) }),
    )
    .await;
    assert!(error.to_string().len() < 1_500);
    assert!(error.body().len() <= 64 * 1024);
}
