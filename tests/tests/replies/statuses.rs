//! Statuses that are values, and those that are errors.

use serde::Deserialize;
use serde_json::json;
use trunkline::testing::{Script, Step};
use trunkline::{Error, ErrorKind, FromReply, Raw, Reply, Result, service};
use trunkline_tests::scripted::{self, A, json as json_text, script};

#[derive(Debug, Deserialize, PartialEq)]
struct User {
    id: u64,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Problem {
    title: String,
}

#[derive(Debug, FromReply)]
enum Created {
    #[status(200, 201)]
    New(User),
    #[status(409)]
    Conflict(Problem),
    #[status(404)]
    Missing,
    #[status(503)]
    Busy(Reply<Raw>),
}

#[derive(Debug, FromReply)]
enum Anything {
    #[status(200)]
    Fine,
    #[status(other)]
    Other(Reply<Raw>),
}

#[service("statuses", retry(times = 2, delay = "1ms"))]
trait Statuses {
    #[post("/users")]
    async fn create(&self) -> Result<Created>;
    #[get("/users")]
    async fn find(&self) -> Result<Created>;
    #[get("/any")]
    async fn any(&self) -> Result<Anything>;
    #[get("/head")]
    async fn with_head(&self) -> Result<Reply<Created>>;
    #[get("/plain")]
    async fn plain(&self) -> Result<User>;
}

fn statuses(steps: impl Into<trunkline::testing::Steps>) -> (StatusesClient, Script) {
    let script = script(steps);
    (
        StatusesClient::new(&scripted::client("statuses", &script)),
        script,
    )
}

#[tokio::test(start_paused = true)]
async fn each_status_is_its_variant() -> Result<()> {
    for status in [200, 201] {
        let (statuses, _) = statuses(Step::json(status, &json!({ "id": 7 })));
        assert!(matches!(statuses.create().await?, Created::New(User { id: 7 })));
    }
    let (conflict, _) = statuses(Step::json(409, &json!({ "title": "taken" })));
    assert!(matches!(conflict.create().await?, Created::Conflict(problem) if problem.title == "taken"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_unit_variant_ignores_the_body() -> Result<()> {
    let (statuses, _) = statuses(Step::text(404, "<html>"));
    assert!(matches!(statuses.create().await?, Created::Missing));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_status_without_a_variant_is_an_error_with_its_body() {
    for status in [202, 400, 418] {
        let (statuses, _) = statuses(Step::json(status, &json!({ "detail": "odd" })));
        let error = statuses.create().await.expect_err("no variant");
        assert_eq!(
            (error.kind(), error.status_code()),
            (ErrorKind::Status, Some(status))
        );
        assert_eq!(
            (error.message(), error.body()),
            ("odd", &br#"{"detail":"odd"}"#[..])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn other_takes_whatever_is_left_with_its_head() -> Result<()> {
    let (fine, _) = statuses(Step::text(200, "not JSON"));
    assert!(matches!(fine.any().await?, Anything::Fine));
    for status in [201, 302, 404, 501] {
        let (statuses, script) = statuses(Step::text(status, "body").header("x-a", "1"));
        let Anything::Other(reply) = statuses.any().await? else {
            panic!("{status} has no variant of its own")
        };
        assert_eq!(
            (reply.status().as_u16(), &reply.bytes()[..]),
            (status, &b"body"[..])
        );
        assert_eq!(
            (&reply.headers()["x-a"], script.hits(A)),
            (&"1".parse().expect("legal"), 1)
        );
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_accepted_status_is_still_tried_again_and_is_the_value_in_the_end() -> Result<()> {
    let (statuses, script) = statuses(Step::text(503, "busy"));
    let Created::Busy(reply) = statuses.find().await? else {
        panic!("503 has a variant")
    };
    assert_eq!((reply.text()?.as_str(), script.hits(A)), ("busy", 3));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_accepted_status_of_a_post_is_the_value_at_once() -> Result<()> {
    let (statuses, script) = statuses(Step::text(503, "busy"));
    assert!(matches!(statuses.create().await?, Created::Busy(_)));
    assert_eq!(script.hits(A), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_variant_whose_body_is_wrong_is_a_decode_error() {
    let (statuses, _) = statuses(json_text(409, r#"{"title": 7}"#));
    let error = statuses.create().await.expect_err("a number is no title");
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Decode, Some(409))
    );
    assert!(error.to_string().contains("`title`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_enum_may_come_with_its_head() -> Result<()> {
    let (statuses, _) = statuses(Step::json(404, &json!({})).header("x-a", "1"));
    let reply = statuses.with_head().await?;
    assert_eq!(
        (reply.status().as_u16(), reply.headers()["x-a"].as_bytes()),
        (404, &b"1"[..])
    );
    assert!(matches!(reply.into_inner(), Created::Missing));
    Ok(())
}

async fn refused(status: u16, body: serde_json::Value) -> Error {
    let (statuses, _) = statuses(Step::json(status, &body));
    statuses.plain().await.expect_err("no 2xx")
}

#[tokio::test(start_paused = true)]
async fn a_status_error_says_what_the_server_said() {
    let error = refused(
        422,
        json!({ "detail": [{ "loc": ["body", "name"], "msg": "field required" }] }),
    )
    .await;
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Status, Some(422))
    );
    assert_eq!(error.message(), "body.name: field required");
    assert!(error.details().is_some());
    let text = error.to_string();
    assert!(
        text.starts_with("statuses.plain: 422 Unprocessable Entity: body.name: field required"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_problem_document_is_read_as_a_type() {
    #[derive(Deserialize)]
    struct Document {
        r#type: String,
        status: u16,
    }
    let (statuses, _) = statuses(
        Step::reply(403)
            .header("content-type", "application/problem+json")
            .body(r#"{"type": "https://a/denied", "title": "Denied", "status": 403, "detail": "not yours"}"#),
    );
    let error = statuses.plain().await.expect_err("403");
    let problem: Document = error.json().expect("it is one");
    assert_eq!(
        (problem.r#type.as_str(), problem.status),
        ("https://a/denied", 403)
    );
    assert_eq!(error.message(), "not yours");
}

#[tokio::test(start_paused = true)]
async fn an_error_body_that_is_no_such_document_is_a_decode_error() {
    let (statuses, _) = statuses(Step::text(400, "<html>"));
    let error = statuses.plain().await.expect_err("400");
    let decode = error.json::<Problem>().expect_err("HTML is no problem document");
    assert_eq!(decode.kind(), ErrorKind::Decode);
    assert_eq!(error.body(), b"<html>");
}

#[tokio::test(start_paused = true)]
async fn a_redirect_that_leads_nowhere_is_a_status_error() {
    let error = refused(304, json!({})).await;
    assert_eq!(
        (error.kind(), error.status_code(), error.attempts()),
        (ErrorKind::Status, Some(304), 1)
    );
}
