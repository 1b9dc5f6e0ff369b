//! What the client-wide names do.

use std::time::Duration;

use tokio::time::Instant;
use trunkline::ErrorKind;
use trunkline::testing::{Script, Step};
use trunkline_tests::scripted::{A, ms, script};
use trunkline_tests::traces;

use super::{client, failed};

const ORDERS: (&str, &str) = ("ORDERS_URL", A);

async fn check_timeout(name: &str) {
    let script = script(Step::hang());
    let started = Instant::now();
    let error = failed(&client(&script, &[ORDERS, (name, "1.5")]), "orders").await;
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{name}");
    assert_eq!(started.elapsed(), ms(1_500), "{name}");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_bounds_every_call() {
    for name in [
        "DEFAULT_TIMEOUT",
        "RPC_CLIENT__DEFAULT_TIMEOUT",
        "RPC_CLIENT_TIMEOUT",
    ] {
        check_timeout(name).await;
    }
}

#[tokio::test(start_paused = true)]
async fn retry_times_come_after_the_first_attempt() {
    for name in [
        "DEFAULT_RETRY_TIMES",
        "RPC_CLIENT__DEFAULT_RETRY_TIMES",
        "RPC_CLIENT_RETRIES",
    ] {
        for (times, hits) in [("0", 1), ("1", 2), ("4", 5)] {
            let script = script(Step::reply(500));
            let error = failed(&client(&script, &[ORDERS, (name, times)]), "orders").await;
            assert_eq!(
                (error.attempts() as usize, script.hits(A)),
                (hits, hits),
                "{name}={times}"
            );
        }
    }
}

/// How long a call and its three retries take.
async fn retried(pairs: &[(&str, &str)]) -> Duration {
    let (script, started) = (script(Step::reply(500)), Instant::now());
    let pairs = [&[ORDERS], pairs].concat();
    failed(&client(&script, &pairs), "orders").await;
    assert_eq!(script.hits(A), 4);
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_retry_delay_is_the_bound_of_the_first_wait() {
    assert!(retried(&[]).await <= ms(100 + 200 + 400));
    for name in [
        "DEFAULT_RETRY_DELAY",
        "RPC_CLIENT__RETRY_DELAY",
        "RPC_CLIENT_RETRY_DELAY",
    ] {
        assert_eq!(retried(&[(name, "0")]).await, Duration::ZERO, "{name}");
        let longer = retried(&[(name, "1")]).await;
        assert!((ms(701)..=ms(7_000)).contains(&longer), "{name}: {longer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_threshold_opens_the_breaker() {
    let script = script(Step::reply(500));
    let pairs = [
        ORDERS,
        ("CB_FAILURE_THRESHOLD", "2"),
        ("DEFAULT_RETRY_TIMES", "0"),
    ];
    let client = client(&script, &pairs);
    let mut kinds = Vec::new();
    for _ in 0..3 {
        kinds.push(failed(&client, "orders").await.kind());
    }
    assert_eq!(
        kinds,
        [ErrorKind::Status, ErrorKind::Status, ErrorKind::CircuitOpen]
    );
    assert_eq!((script.hits(A), client.metrics().circuit_breaker_trips), (2, 1));
}

/// The longest time that an open breaker asks to wait, over many failed probes.
async fn longest_open(recovery: &str) -> Duration {
    let script = script(Step::reply(500));
    let pairs = [
        ORDERS,
        ("CB_FAILURE_THRESHOLD", "1"),
        ("CB_RECOVERY_TIMEOUT", recovery),
        ("DEFAULT_RETRY_TIMES", "0"),
    ];
    let client = client(&script, &pairs);
    let mut longest = Duration::ZERO;
    for _ in 0..12 {
        failed(&client, "orders").await;
        let refused = failed(&client, "orders").await;
        assert_eq!(refused.kind(), ErrorKind::CircuitOpen);
        let wait = refused.retry_after().expect("it says when to come back");
        longest = longest.max(wait);
        tokio::time::advance(wait + ms(1)).await;
    }
    assert_eq!(script.hits(A), 12, "each failure was a probe");
    longest
}

#[tokio::test(start_paused = true)]
async fn a_recovery_timeout_is_the_longest_time_that_a_breaker_is_open() {
    for (recovery, longest) in [("0.25", ms(250)), ("3", ms(3_000)), ("20", ms(20_000))] {
        let seen = longest_open(recovery).await;
        assert!(seen <= longest && seen > longest / 2, "{recovery}: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_that_are_off_are_empty() {
    let script = script(Step::reply(200));
    for (value, calls) in [("false", 0), ("FALSE", 0), ("True", 1)] {
        let client = client(&script, &[ORDERS, ("METRICS_ENABLED", value)]);
        client.service("orders").get("/x").send().await.expect("200");
        let metrics = client.metrics();
        assert_eq!(
            (metrics.total_calls, metrics.services.len()),
            (calls, usize::from(calls > 0))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn logging_that_is_off_is_silent() {
    for (value, is_silent) in [("false", true), ("true", false)] {
        let script = script([Step::reply(500), Step::reply(200)]);
        let client = client(&script, &[ORDERS, ("LOGGING_ENABLED", value)]);
        traces::start();
        client.service("orders").get("/x").send().await.expect("200");
        assert_eq!(
            traces::seen().is_empty(),
            is_silent,
            "{value}: {:?}",
            traces::seen()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_environment_is_an_attribute_of_the_call() {
    let check = async |pairs: &[(&str, &str)], expected: &str| {
        let script = script(Step::reply(200));
        let client = client(&script, &[&[ORDERS], pairs].concat());
        traces::start();
        client.service("orders").get("/x").send().await.expect("200");
        let span = &traces::spans("call")[0];
        assert_eq!(span.field("deployment.environment.name"), Some(expected));
    };
    check(&[], "development").await;
    for name in ["development", "testing", "staging", "production"] {
        check(&[("MICROSERVICE_ENV", name)], name).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_name_of_the_service_is_who_is_calling() {
    let script = script(Step::reply(200));
    for (pairs, expected) in [
        (vec![ORDERS, ("SERVICE__NAME", "agent-service")], "agent-service"),
        (vec![ORDERS], "environment-"),
    ] {
        let client = client(&script, &pairs);
        client.service("orders").get("/x").send().await.expect("200");
        let requests = script.requests();
        let caller = requests
            .last()
            .and_then(|request| request.header("x-caller-service"));
        assert!(
            caller.is_some_and(|caller| caller.starts_with(expected)),
            "{caller:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_map_says_where_services_are() {
    for name in ["RPC_CLIENT__SERVICES", "RPC_CLIENT_SERVICES"] {
        let script = Script::new()
            .instance(A, Step::reply(200))
            .instance("http://b:1", Step::reply(200));
        let map = r#"{"orders": ["http://a:1", "http://b:1/base"], "model-service": "http://b:1"}"#;
        let client = client(&script, &[(name, map)]);
        for service in ["orders", "orders", "model-service"] {
            client.service(service).get("/x").send().await.expect("200");
        }
        let paths: Vec<_> = script
            .requests_to("http://b:1")
            .iter()
            .map(|request| request.path().to_owned())
            .collect();
        assert_eq!(
            (script.hits(A), paths),
            (1, vec!["/base/x".into(), "/x".into()]),
            "{name}"
        );
    }
}

#[test]
fn the_names_of_what_is_to_come_are_read() {
    let script = Script::new();
    client(
        &script,
        &[
            ("GATEWAY_URL", "http://gateway:8080/base"),
            ("MESSAGING_URL", "amqp://guest:guest@localhost:5672"),
            ("SERVICE_CACHE_TTL", "0.5"),
            ("RPC_CLIENT__DNS_SCHEME", "https"),
            ("RPC_CLIENT__DNS_PORT", "8443"),
            ("RPC_CLIENT__USE_DNS_FALLBACK", "False"),
        ],
    );
    for url in [
        "memory:",
        "http://messaging",
        "https://messaging/x",
        "amqps://a:b@c:1/vhost",
    ] {
        client(&script, &[("MESSAGING_URL", url)]);
    }
}
