//! What the error of a call says when it is asked, and the figures beside it.

use serde_json::json;
use trunkline::context::{self, Context};
use trunkline::testing::{Script, Step};
use trunkline::{CallOptions, Client, Error, ErrorKind, Result, service};
use trunkline_tests::clock::{ms, secs};
use trunkline_tests::reference::{A, B, SERVICE, client, get, reference};

#[service("orders")]
trait Orders {
    #[get("/orders/{id}")]
    async fn order(&self, id: u32) -> Result<u32>;
}

/// The error of a call of an instance that does this.
async fn error(step: Step) -> Error {
    let script = Script::new().instance(A, step);
    let client = client(&script, reference().url(A).no_retry());
    let orders = OrdersClient::new(&client);
    let inbound = Context::new().with_trace_id("trace-1");
    context::scope(inbound, orders.order(7)).await.unwrap_err()
}

async fn check(step: Step, kind: ErrorKind, line: &str) {
    let error = error(step).await;
    assert_eq!((error.kind(), error.to_string().as_str()), (kind, line));
}

#[tokio::test(start_paused = true)]
async fn an_error_is_one_line_that_says_where_and_why() {
    check(
        Step::refuse().after(ms(3)),
        ErrorKind::Connect,
        "orders.order: no connection: http://a:1: connection refused \
         (1 attempt in 3.0ms, last to http://a:1, trace trace-1)",
    )
    .await;
    check(
        Step::hang(),
        ErrorKind::Timeout,
        "orders.order: no response within 500ms (1 attempt in 500.0ms, last to http://a:1, trace trace-1)",
    )
    .await;
    check(
        Step::close().after(ms(3)),
        ErrorKind::Transport,
        "orders.order: the connection broke: http://a:1 closed the connection before it answered \
         (1 attempt in 3.0ms, last to http://a:1, trace trace-1)",
    )
    .await;
    check(
        Step::json(404, &json!({ "detail": "no order 7" })).after(ms(3)),
        ErrorKind::Status,
        "orders.order: 404 Not Found: no order 7 (1 attempt in 3.0ms, last to http://a:1, trace trace-1)",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_error_of_several_attempts_counts_them() {
    let script = Script::new()
        .instance(A, Step::reply(500))
        .instance(B, Step::reply(500));
    let client = client(&script, reference().url(A).url(B));
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.attempts(), error.instance()), (3, Some(A)));
    assert!(error.to_string().contains("3 attempts in"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_error_before_the_first_attempt_names_the_service_and_the_trace() {
    let script = Script::new();
    let client = client(&script, reference());
    let error = get(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Discovery, Some(503))
    );
    assert_eq!((error.attempts(), error.instance()), (0, None));
    let (text, trace_id) = (error.to_string(), error.trace_id().expect("every call has one"));
    assert!(text.starts_with("orders.GET /x: no address"), "{text}");
    assert!(text.ends_with(&format!(" (trace {trace_id})")), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_error_answers_every_question() {
    let step = Step::json(429, &json!({ "code": "slow", "message": "too many" }))
        .header("retry-after", "7")
        .after(ms(20));
    let error = error(step).await;
    assert_eq!(
        (error.service(), error.endpoint()),
        (Some(SERVICE), Some("order"))
    );
    assert_eq!((error.instance(), error.attempts()), (Some(A), 1));
    assert_eq!((error.elapsed(), error.trace_id()), (ms(20), Some("trace-1")));
    assert_eq!(
        (error.status_code(), error.retry_after()),
        (Some(429), Some(secs(7)))
    );
    assert_eq!((error.code(), error.message()), (Some("slow"), "too many"));
    assert_eq!(error.json::<serde_json::Value>().unwrap()["code"], "slow");
    assert!(!error.may_have_reached_server() && !error.is_timeout() && !error.is_connect());
}

#[tokio::test(start_paused = true)]
async fn the_cause_of_an_error_is_its_source() {
    let error = error(Step::refuse()).await;
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    assert_eq!(cause.to_string(), "http://a:1: connection refused");
}

#[tokio::test(start_paused = true)]
async fn no_error_shows_a_secret() {
    for step in [
        Step::refuse(),
        Step::hang(),
        Step::reply(401),
        Step::text(200, "?"),
    ] {
        let script = Script::new().instance(A, step);
        let config = reference().url(A).api_key("hunter2").no_retry();
        let client = client(&script, config);
        let secretive = OrdersClient::new(&client).with(CallOptions::new().header("cookie", "hunter2"));
        let error = secretive.order(7).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

/// What the metrics of the service say after one call: total, successes, failures, attempts, retries, latencies.
fn figures(client: &Client) -> [u64; 6] {
    let service = &client.metrics().services[SERVICE];
    [
        service.total_calls,
        service.successful_calls,
        service.failed_calls,
        service.attempts,
        service.retry_count,
        service.latency.count,
    ]
}

async fn check_figures(steps: Vec<Step>, expected: [u64; 6], failure: Option<&str>) {
    let script = Script::new().instance(A, steps);
    let client = client(&script, reference().url(A));
    let _ = get(&client).await;
    assert_eq!(figures(&client), expected, "{failure:?}");
    let failures = &client.metrics().services[SERVICE].failures;
    let kinds: Vec<_> = failures.keys().copied().collect();
    assert_eq!(kinds, failure.into_iter().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_figures_tell_calls_from_attempts() {
    check_figures(vec![Step::reply(200)], [1, 1, 0, 1, 0, 1], None).await;
    check_figures(vec![Step::reply(500), Step::reply(200)], [1, 1, 0, 2, 1, 1], None).await;
    check_figures(vec![Step::reply(404)], [1, 0, 1, 1, 0, 1], Some("status")).await;
    check_figures(vec![Step::refuse()], [1, 0, 1, 3, 2, 1], Some("connect")).await;
    check_figures(vec![Step::hang()], [1, 0, 1, 3, 2, 1], Some("timeout")).await;
    check_figures(vec![Step::close()], [1, 0, 1, 3, 2, 1], Some("transport")).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_counts_as_a_failed_call_without_a_latency() {
    let script = Script::new().instance(A, Step::refuse());
    let client = client(&script, reference().url(A).no_retry());
    for _ in 0..6 {
        let _ = get(&client).await;
    }
    assert_eq!(figures(&client), [6, 0, 6, 5, 0, 5]);
    assert_eq!(client.metrics().services[SERVICE].failures["circuit_open"], 1);
}
