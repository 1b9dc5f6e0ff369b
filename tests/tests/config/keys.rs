//! What each key of `trunkline.toml` does.

use std::time::Duration;

use trunkline::testing::{Recorded, Script, Step};
use trunkline::{Client, ErrorKind, Result};
use trunkline_tests::scripted::{A, json, ms, script};

use super::{OrdersClient, client, failed};
use crate::Orders;

/// A client whose service `orders` is at one address and has these lines.
fn with(script: &Script, name: &str, lines: &str) -> Client {
    client(
        script,
        name,
        &format!("[services.orders]\nurl = \"{A}\"\n{lines}\n"),
    )
}

fn orders(script: &Script, name: &str, lines: &str) -> OrdersClient {
    OrdersClient::new(&with(script, name, lines))
}

#[tokio::test(start_paused = true)]
async fn a_url_is_a_string_or_an_array() -> Result<()> {
    for (urls, hits) in [
        ("\"http://a:1\"", [4, 0]),
        ("[\"http://a:1\"]", [4, 0]),
        ("[\"http://a:1\", \"http://b:1/base\"]", [2, 2]),
    ] {
        let script = Script::new()
            .instance(A, Step::reply(204))
            .instance("http://b:1", Step::reply(204));
        let client = client(&script, "url", &format!("[services.orders]\nurl = {urls}"));
        for _ in 0..4 {
            OrdersClient::new(&client).list().await?;
        }
        assert_eq!([script.hits(A), script.hits("http://b:1")], hits, "{urls}");
    }
    Ok(())
}

async fn check_failure(step: Step, lines: &str, kind: ErrorKind, elapsed: u128) {
    let script = script(step);
    let (error, took) = failed(orders(&script, "failure", lines).list()).await;
    assert_eq!((error.kind(), took), (kind, elapsed), "{lines}: {error}");
}

#[tokio::test(start_paused = true)]
async fn each_timeout_bounds_its_part_of_a_call() {
    check_failure(
        Step::hang(),
        "timeout = \"250ms\"",
        ErrorKind::DeadlineExceeded,
        250,
    )
    .await;
    check_failure(
        Step::hang(),
        "timeout = \"2m\"",
        ErrorKind::DeadlineExceeded,
        120_000,
    )
    .await;
    let lines = "attempt_timeout = \"150ms\"\nretry = false";
    check_failure(Step::hang(), lines, ErrorKind::Timeout, 150).await;
    let lines = "connect_timeout = \"80ms\"\nretry = false";
    check_failure(Step::black_hole(), lines, ErrorKind::Connect, 80).await;
    let lines = "idle_timeout = \"60ms\"\nretry = false";
    check_failure(Step::reply(200).stalls(), lines, ErrorKind::Timeout, 60).await;
}

#[tokio::test(start_paused = true)]
async fn retries_are_off_on_or_as_often_as_said() {
    for (lines, hits) in [
        ("", 4),
        ("retry = false", 1),
        ("retry = true", 4),
        ("retry = { times = 0 }", 1),
        ("retry = { times = 2 }", 3),
        ("retry = { delay = \"1ms\" }", 4),
    ] {
        let script = script(Step::reply(500));
        failed(orders(&script, "retry", lines).list()).await;
        assert_eq!(script.hits(A), hits, "{lines}");
    }
}

#[tokio::test(start_paused = true)]
async fn on_adds_statuses_to_those_that_are_retried() {
    for (lines, hits) in [
        ("", 1),
        ("retry = { on = [409, 423] }", 4),
        ("retry = { on = [] }", 1),
    ] {
        let script = script(Step::reply(409));
        failed(orders(&script, "on", lines).list()).await;
        assert_eq!(script.hits(A), hits, "{lines}");
    }
}

/// The waits of a call that is tried eight times more.
async fn waits(backoff: &str) -> Vec<Duration> {
    let script = script(Step::reply(500));
    let lines =
        format!("timeout = \"24h\"\nbreaker = false\nretry = {{ times = 8, delay = \"1s\", {backoff} }}");
    failed(orders(&script, "backoff", &lines).list()).await;
    let times: Vec<_> = script.requests().iter().map(Recorded::at).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn backoff_delay_and_max_delay_bound_each_wait() {
    let bounded = |waits: &[Duration], bound: &dyn Fn(u32) -> u64| {
        let mut numbered = (0_u32..).zip(waits);
        numbered.all(|(retry, wait)| *wait <= Duration::from_secs(bound(retry)))
    };
    let fixed = waits("backoff = \"fixed\"").await;
    assert!(bounded(&fixed, &|_| 1), "{fixed:?}");
    let linear = waits("backoff = \"linear\", max_delay = \"1h\"").await;
    assert!(bounded(&linear, &|retry| u64::from(retry) + 1), "{linear:?}");
    assert!(!bounded(&linear, &|_| 1), "{linear:?}");
    let exponential = waits("backoff = \"exponential\", max_delay = \"1h\"").await;
    assert!(bounded(&exponential, &|retry| 1 << retry), "{exponential:?}");
    assert!(
        !bounded(&exponential, &|retry| u64::from(retry) + 1),
        "{exponential:?}"
    );
    let capped = waits("max_delay = \"3s\"").await;
    assert!(
        bounded(&capped, &|_| 3) && !bounded(&capped, &|_| 1),
        "{capped:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_breaker_is_off_or_as_said() {
    for (lines, hits) in [
        ("breaker = false", 8),
        ("breaker = true", 5),
        ("breaker = { failures = 2 }", 2),
        ("breaker = { max_open = \"1h\" }", 5),
    ] {
        let script = script(Step::reply(500));
        let orders = orders(&script, "breaker", &format!("{lines}\nretry = false"));
        for _ in 0..8 {
            failed(orders.list()).await;
        }
        assert_eq!(script.hits(A), hits, "{lines}");
    }
}

#[tokio::test(start_paused = true)]
async fn max_open_is_the_longest_time_that_a_breaker_is_open() {
    let script = script(Step::reply(500));
    let lines = "retry = false\nbreaker = { failures = 1, max_open = \"120ms\" }";
    let orders = orders(&script, "max_open", lines);
    failed(orders.list()).await;
    let (refused, _) = failed(orders.list()).await;
    assert_eq!(refused.kind(), ErrorKind::CircuitOpen);
    assert!(
        refused.retry_after().is_some_and(|wait| wait <= ms(120)),
        "{refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_and_headers_go_along() -> Result<()> {
    let script = script(Step::reply(204));
    let lines = "api_key = \"key\"\nheaders = { X-Tenant = \"a\", \"x-b\" = \"\" }";
    orders(&script, "headers", lines).list().await?;
    let request = &script.requests()[0];
    assert_eq!(request.header("authorization"), Some("Bearer key"));
    assert_eq!(
        (request.header("x-tenant"), request.header("x-b")),
        (Some("a"), Some(""))
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_envelope_is_unwrapped_by_its_keys() {
    for (lines, body, fails) in [
        ("envelope = true", r#"{"code": 7}"#, true),
        ("envelope = false", r#"{"code": 7}"#, false),
        ("", r#"{"code": 7}"#, false),
        ("envelope = { ok = [7, \"x\"] }", r#"{"code": 7}"#, false),
        (
            "envelope = { code = \"ret\", ok = [1] }",
            r#"{"ret": 2, "code": 1}"#,
            true,
        ),
        (
            "envelope = { code = \"ret\", ok = [2] }",
            r#"{"ret": 2, "code": 1}"#,
            false,
        ),
        (
            "envelope = { message = \"info\" }",
            r#"{"code": 7, "info": "no"}"#,
            true,
        ),
    ] {
        let outcome = orders(&script(json(200, body)), "envelope", lines).list().await;
        assert_eq!(outcome.is_err(), fails, "{lines} {body}: {outcome:?}");
    }
    let lines = "envelope = { data = \"result\" }";
    let client = with(&script(json(200, r#"{"code": 0, "result": 7}"#)), "data", lines);
    let value: u32 = client
        .service("orders")
        .get("/x")
        .fetch()
        .await
        .expect("it is there");
    assert_eq!(value, 7);
}

#[tokio::test(start_paused = true)]
async fn a_health_path_is_where_health_is_asked() {
    let script = script(Step::reply(200));
    for (lines, path) in [("", "/health"), ("health_path = \"/api/health\"", "/api/health")] {
        let health = with(&script, "health", lines).service("orders").health().await;
        assert!(health.healthy, "{health:?}");
        assert_eq!(
            script
                .requests()
                .last()
                .map(|request| request.path().to_owned())
                .as_deref(),
            Some(path)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_named_by_its_method_and_has_keys_of_its_own() {
    let script = script(Step::hang());
    let text = format!(
        "[services.orders]\nurl = \"{A}\"\ntimeout = \"2s\"\n[services.orders.endpoints.chat]\ntimeout = \"100ms\"\n\
         headers = {{ X-A = \"chat\" }}\n"
    );
    let orders = OrdersClient::new(&client(&script, "endpoint", &text));
    assert_eq!(failed(orders.chat()).await.1, 100);
    assert_eq!(failed(orders.list()).await.1, 2_000);
    let headers: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.header("x-a").map(str::to_owned))
        .collect();
    assert_eq!(headers, [Some("chat".to_owned()), None]);
}

#[tokio::test(start_paused = true)]
async fn defaults_are_of_every_service_that_says_nothing() {
    let script = script(Step::hang());
    let text = format!(
        "[defaults]\ntimeout = \"300ms\"\n[services.orders]\nurl = \"{A}\"\n\
         [services.\"model.service\"]\nurl = \"{A}\"\ntimeout = \"700ms\"\n"
    );
    let client = client(&script, "defaults", &text);
    let call = async |service: &str| client.service(service).get("/x").fetch::<()>().await;
    assert_eq!(failed(call("orders")).await.1, 300);
    assert_eq!(failed(call("model.service")).await.1, 700);
}

#[tokio::test(start_paused = true)]
async fn redirects_says_how_many_are_followed() {
    for (lines, hits) in [("", 11), ("redirects = 2", 3), ("redirects = 0", 1)] {
        let script = script(Step::reply(302).header("location", "/again"));
        let outcome = orders(&script, "redirects", lines).list().await;
        assert!(outcome.is_err());
        assert_eq!(script.hits(A), hits, "{lines}");
    }
}
