//! The headers of each attempt.

use trunkline::context::{Context, scope};
use trunkline::testing::{Recorded, Step};
use trunkline::{CallOptions, Client, ErrorKind, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, ms, script};

use super::{header, is_trace_id, is_uuid, parts};

const DIGITS: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[service("target-service", timeout = "2s")]
trait Target {
    #[get("/x")]
    async fn get(&self) -> Result<()>;
    #[get("/y")]
    async fn with_id(&self, #[header("X-Request-ID")] id: &str) -> Result<()>;
}

/// What two calls that each fail twice and then succeed have sent, after this is done to their client.
async fn sent(make: impl AsyncFn(&TargetClient) -> Result<()>) -> Vec<Recorded> {
    let steps = [Step::reply(500), Step::reply(502), Step::reply(204)];
    let script = script(Step::cycle(steps));
    let client: Client = scripted::builder(&script)
        .name("caller-service")
        .service("target-service", ServiceConfig::new().url(A))
        .build()
        .expect("the settings are legal");
    let target = TargetClient::new(&client);
    make(&target).await.expect("the third attempt succeeds");
    make(&target).await.expect("the third attempt succeeds");
    script.requests()
}

fn values<'r>(requests: &'r [Recorded], name: &str) -> Vec<&'r str> {
    requests.iter().map(|request| header(request, name)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_target_and_the_caller_are_named_on_every_attempt() {
    let requests = sent(async |target| target.get().await).await;
    assert_eq!(values(&requests, "x-service-name"), ["target-service"; 6]);
    assert_eq!(values(&requests, "x-caller-service"), ["caller-service"; 6]);
    assert!(
        values(&requests, "user-agent")
            .iter()
            .all(|agent| agent.starts_with("trunkline/"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_id_is_a_uuid_a_call_and_the_same_on_its_attempts() {
    let requests = sent(async |target| target.get().await).await;
    let ids = values(&requests, "x-request-id");
    assert!(ids.iter().all(|id| is_uuid(id)), "{ids:?}");
    assert_eq!([ids[0]; 2], ids[1..3]);
    assert_eq!([ids[3]; 2], ids[4..6]);
    assert_ne!(ids[0], ids[3]);
}

#[tokio::test(start_paused = true)]
async fn a_callers_own_request_id_is_kept() {
    let requests = sent(async |target| target.with_id("mine 7").await).await;
    assert_eq!(values(&requests, "x-request-id"), ["mine 7"; 6]);
    let options = CallOptions::new().header("x-request-id", "of-the-call");
    let requests = sent(async |target| target.with(options.clone()).get().await).await;
    assert_eq!(values(&requests, "x-request-id"), ["of-the-call"; 6]);
}

#[tokio::test(start_paused = true)]
async fn a_trace_id_is_made_once_a_call_and_stands_in_the_traceparent() {
    let requests = sent(async |target| target.get().await).await;
    let ids = values(&requests, "x-trace-id");
    assert!(ids.iter().all(|id| is_trace_id(id)), "{ids:?}");
    assert_eq!([ids[0]; 2], ids[1..3]);
    assert_ne!(ids[0], ids[3]);
    let traces: Vec<_> = values(&requests, "traceparent")
        .iter()
        .map(|value| parts(value)[1])
        .collect();
    assert_eq!(traces, ids);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_a_span_of_its_own() {
    let requests = sent(async |target| target.get().await).await;
    let mut spans: Vec<_> = values(&requests, "traceparent")
        .iter()
        .map(|value| parts(value)[2])
        .collect();
    spans.sort_unstable();
    spans.dedup();
    assert_eq!(spans.len(), 6);
    assert!(spans.iter().all(|span| span.len() == 16));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_after_the_first_says_which() {
    let requests = sent(async |target| target.get().await).await;
    let numbers: Vec<_> = requests
        .iter()
        .map(|request| request.header("x-retry-attempt"))
        .collect();
    assert_eq!(numbers, [None, Some("1"), Some("2"), None, Some("1"), Some("2")]);
}

#[tokio::test(start_paused = true)]
async fn the_time_that_is_left_shrinks_from_attempt_to_attempt() {
    let requests = sent(async |target| target.get().await).await;
    let first = requests[0].at();
    for request in &requests[..3] {
        let passed = request.at() - first + ms(5);
        let left = ms(2_000).saturating_sub(passed);
        assert_eq!(
            header(request, "x-request-timeout-ms"),
            left.as_millis().to_string()
        );
    }
    assert!(requests[2].at() > first, "there was a wait");
}

#[tokio::test(start_paused = true)]
async fn a_scope_brings_its_ids_trace_state_and_baggage() {
    let value = format!("00-{DIGITS}-00f067aa0ba902b7-01");
    let context = Context::new()
        .with_traceparent(&value)
        .with_trace_id("order-17")
        .with_request_id("r-1")
        .with_baggage("user=7,k=v");
    let requests = sent(async |target| scope(context.clone(), target.get()).await).await;
    assert_eq!(values(&requests, "x-trace-id"), ["order-17"; 6]);
    assert_eq!(values(&requests, "x-request-id"), ["r-1"; 6]);
    assert_eq!(values(&requests, "baggage"), ["user=7,k=v"; 6]);
    for value in values(&requests, "traceparent") {
        let [version, trace, span, flags] = parts(value);
        assert_eq!((version, trace, flags), ("00", DIGITS, "01"));
        assert_ne!(span, "00f067aa0ba902b7", "a child, not the parent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_callers_own_traceparent_is_kept_and_names_the_trace() {
    let value = format!("00-{DIGITS}-00f067aa0ba902b7-01");
    let options = CallOptions::new().header("traceparent", &value);
    let requests = sent(async |target| target.with(options.clone()).get().await).await;
    assert_eq!(values(&requests, "traceparent"), [&*value; 6]);
    assert_eq!(values(&requests, "x-trace-id"), [DIGITS; 6]);
}

#[tokio::test(start_paused = true)]
async fn a_callers_own_traceparent_that_is_none_is_replaced() {
    let options = CallOptions::new().header("traceparent", "00-zero-zero-01");
    let requests = sent(async |target| target.with(options.clone()).get().await).await;
    let traces: Vec<_> = values(&requests, "traceparent")
        .iter()
        .map(|value| parts(value)[1])
        .collect();
    assert_eq!(traces, values(&requests, "x-trace-id"));
}

#[tokio::test(start_paused = true)]
async fn an_inherited_deadline_is_the_earlier_of_the_two() -> Result<()> {
    let left = async |context: Context| {
        let script = script(Step::reply(204));
        let target = TargetClient::new(&scripted::client("target-service", &script));
        scope(context, async {
            tokio::time::advance(ms(100)).await;
            target.get().await
        })
        .await
        .expect("204");
        header(&script.requests()[0], "x-request-timeout-ms").to_owned()
    };
    assert_eq!(left(Context::new().with_timeout(ms(300))).await, "195");
    assert_eq!(left(Context::new().with_timeout(ms(9_000))).await, "1995");
    assert_eq!(left(Context::new()).await, "1995");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_over_sends_nothing() {
    let script = script(Step::reply(204));
    let target = TargetClient::new(&scripted::client("target-service", &script));
    let error = scope(Context::new().with_timeout(ms(100)), async {
        tokio::time::advance(ms(100)).await;
        target.get().await
    })
    .await
    .expect_err("there is no time");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 0));
    assert!(!error.may_have_reached_server());
    assert_eq!(script.dials(A), 0);
}

#[tokio::test(start_paused = true)]
async fn an_inherited_deadline_ends_a_call_and_blames_no_instance() {
    let script = script(Step::hang());
    let client = scripted::client("target-service", &script);
    let target = TargetClient::new(&client);
    for _ in 0..10 {
        let started = tokio::time::Instant::now();
        let error = scope(Context::new().with_timeout(ms(50)), target.get()).await;
        assert_eq!(error.expect_err("it hangs").kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(started.elapsed(), ms(50));
    }
    assert_eq!(client.metrics().circuit_breaker_trips, 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_has_the_trace_id_that_was_sent() {
    let script = script(Step::reply(404));
    let target = TargetClient::new(&scripted::client("target-service", &script));
    let error = target.get().await.expect_err("404");
    assert_eq!(
        error.trace_id(),
        Some(header(&script.requests()[0], "x-trace-id"))
    );
}
