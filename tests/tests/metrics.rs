//! The figures of a client: what is counted where, and what the snapshot looks like.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use trunkline::testing::{Script, Step};
use trunkline::{BreakerPolicy, Client, MetricsSnapshot, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, ms, script};

#[service("orders")]
trait Orders {
    #[get("/orders/{id}")]
    async fn get(&self, id: u64) -> Result<()>;
    #[post("/orders")]
    async fn create(&self) -> Result<()>;
}

fn build(script: &Script, config: ServiceConfig) -> Client {
    let client = scripted::builder(script).service("orders", config.url(A)).build();
    client.expect("the settings are legal")
}

#[test]
fn nothing_is_counted_before_the_first_call() {
    let metrics = scripted::client("orders", &Script::new()).metrics();
    assert_eq!(metrics, MetricsSnapshot::default());
    assert_eq!(metrics.success_rate(), None);
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_once_and_its_retries_apart() -> Result<()> {
    let script = script([Step::reply(500), Step::reply(502), Step::reply(204)]);
    let client = build(&script, ServiceConfig::new());
    OrdersClient::new(&client).get(1).await?;
    let metrics = client.metrics();
    assert_eq!(
        (
            metrics.total_calls,
            metrics.successful_calls,
            metrics.failed_calls
        ),
        (1, 1, 0)
    );
    assert_eq!((metrics.retry_count, metrics.services["orders"].attempts), (2, 3));
    assert_eq!(metrics.success_rate(), Some(1.0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn failures_are_counted_by_their_kind() {
    let steps = [
        Step::reply(404),
        Step::refuse(),
        Step::close(),
        Step::hang(),
        Step::text(200, "{"),
    ];
    let script = script(steps);
    let client = build(&script, ServiceConfig::new().no_retry().timeout(ms(100)));
    let orders = OrdersClient::new(&client);
    for _ in 0..5 {
        orders.get(1).await.expect_err("it fails");
    }
    client
        .service("orders")
        .get("/{id}")
        .path("id", "")
        .send()
        .await
        .expect_err("an empty segment");
    client
        .service("nowhere")
        .get("/x")
        .send()
        .await
        .expect_err("no address");
    let metrics = client.metrics();
    let kinds: Vec<_> = metrics.services["orders"]
        .failures
        .iter()
        .map(|(kind, count)| (*kind, *count))
        .collect();
    let expected = [
        "connect",
        "deadline_exceeded",
        "decode",
        "request",
        "status",
        "transport",
    ];
    assert_eq!(kinds, expected.map(|kind| (kind, 1)));
    assert_eq!(metrics.services["nowhere"].failures["discovery"], 1);
    assert_eq!((metrics.failed_calls, metrics.success_rate()), (7, Some(0.0)));
}

#[tokio::test(start_paused = true)]
async fn a_call_refused_here_is_a_failed_one_and_a_trip_is_counted_once() {
    let script = script(Step::reply(500));
    let policy = BreakerPolicy {
        failures: 2,
        ..BreakerPolicy::default()
    };
    let client = build(&script, ServiceConfig::new().no_retry().breaker(policy));
    for _ in 0..10 {
        OrdersClient::new(&client).get(1).await.expect_err("it fails");
    }
    let metrics = client.metrics();
    assert_eq!((metrics.failed_calls, metrics.circuit_breaker_trips), (10, 1));
    let orders = &metrics.services["orders"];
    assert_eq!((orders.attempts, orders.failures["circuit_open"]), (2, 8));
    assert_eq!(
        orders.latency.count, 2,
        "a refusal says nothing about the service"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_cancelled_and_neither_success_nor_failure() {
    let script = script(Step::hang());
    let client = build(&script, ServiceConfig::new());
    let orders = OrdersClient::new(&client);
    let mut call = Box::pin(orders.get(1));
    timeout(ms(10), &mut call).await.expect_err("it hangs");
    assert_eq!(client.metrics().services["orders"].in_flight, 1);
    drop(call);
    let metrics = client.metrics();
    let service = &metrics.services["orders"];
    assert_eq!(
        (service.in_flight, service.cancelled_calls, service.failed_calls),
        (0, 1, 0)
    );
    assert_eq!((metrics.total_calls, metrics.success_rate()), (1, None));
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_methods_and_templates_and_never_raw_paths() -> Result<()> {
    let script = script(Step::reply(204));
    let client = build(&script, ServiceConfig::new());
    let orders = OrdersClient::new(&client);
    orders.get(1).await?;
    orders.get(2).await?;
    orders.create().await?;
    for id in 0..3 {
        client
            .service("orders")
            .get("/o/{id}")
            .path("id", id)
            .send()
            .await?;
    }
    let metrics = client.metrics();
    let endpoints = &metrics.services["orders"].endpoints;
    let counts: Vec<_> = endpoints
        .iter()
        .map(|(name, figures)| (name.as_str(), figures.total_calls))
        .collect();
    assert_eq!(counts, [("GET /o/{id}", 3), ("create", 1), ("get", 2)]);
    assert_eq!(metrics.total_calls, 6);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn paths_without_placeholders_cannot_make_labels_without_end() -> Result<()> {
    let script = script(Step::reply(204));
    let client = build(&script, ServiceConfig::new());
    let orders = client.service("orders");
    for id in 0..1_200 {
        orders.get(format!("/o/{id}")).send().await?;
    }
    let metrics = client.metrics();
    let endpoints = &metrics.services["orders"].endpoints;
    assert!(endpoints.len() <= 1_001, "{}", endpoints.len());
    assert_eq!(
        (endpoints["other"].total_calls, metrics.total_calls),
        (200, 1_200)
    );
    Ok(())
}

fn close_to(latency: Duration, expected: Duration) {
    let off = latency.abs_diff(expected);
    assert!(
        off <= expected.mul_f64(0.0625),
        "{latency:?} is not about {expected:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn latencies_are_of_whole_calls() -> Result<()> {
    let fast = std::iter::repeat_n(Step::reply(204).after(ms(10)), 97);
    let slow = std::iter::repeat_n(Step::reply(204).after(ms(400)), 3);
    let script = script(fast.chain(slow).collect::<Vec<_>>());
    let client = build(&script, ServiceConfig::new());
    for id in 0..100 {
        OrdersClient::new(&client).get(id).await?;
    }
    let latency = client.metrics().services["orders"].endpoints["get"].latency;
    assert_eq!((latency.count, latency.max), (100, ms(400)));
    close_to(latency.p50, ms(10));
    close_to(latency.p95, ms(10));
    close_to(latency.p99, ms(400));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_trip_counts_where_its_call_is_counted() {
    let script = script(Step::reply(500));
    let client = build(&script, ServiceConfig::new().no_retry());
    let orders = OrdersClient::new(&client);
    for _ in 0..4 {
        orders.get(1).await.expect_err("500");
    }
    orders.create().await.expect_err("the fifth in a row");
    let metrics = client.metrics();
    let service = &metrics.services["orders"];
    let trips = |name| service.endpoints[name].circuit_breaker_trips;
    assert_eq!((trips("get"), trips("create")), (0, 1));
    assert_eq!(
        (service.circuit_breaker_trips, metrics.circuit_breaker_trips),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn the_snapshot_as_json_has_the_names_of_the_page() -> Result<()> {
    let script = script(Step::reply(204).after(ms(10)));
    let client = build(&script, ServiceConfig::new());
    OrdersClient::new(&client).get(1).await?;
    let snapshot = serde_json::to_value(client.metrics()).expect("plain data");
    for name in [
        "total_calls",
        "successful_calls",
        "failed_calls",
        "retry_count",
        "circuit_breaker_trips",
    ] {
        assert!(snapshot[name].is_u64(), "{name}: {snapshot}");
        let service = &snapshot["services"]["orders"];
        assert!(service[name].is_u64(), "{name}: {snapshot}");
        assert!(service["endpoints"]["get"][name].is_u64(), "{name}: {snapshot}");
    }
    let endpoint = &snapshot["services"]["orders"]["endpoints"]["get"];
    assert_eq!(
        (&endpoint["total_calls"], &endpoint["retry_count"]),
        (&json!(1), &json!(0))
    );
    let latency = &endpoint["latency"];
    assert_eq!((&latency["count"], &latency["max_ms"]), (&json!(1), &json!(10.0)));
    for name in ["p50_ms", "p95_ms", "p99_ms"] {
        assert!(latency[name].is_f64(), "{name}: {latency}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn metrics_that_are_off_are_empty() -> Result<()> {
    let script = script(Step::reply(204));
    let builder = scripted::builder(&script).metrics(false);
    let client = builder.service("orders", ServiceConfig::new().url(A)).build()?;
    OrdersClient::new(&client).get(1).await?;
    assert_eq!(client.metrics(), MetricsSnapshot::default());
    let json: Value = serde_json::to_value(client.metrics()).expect("plain data");
    assert_eq!(json["services"], json!({}));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn two_clients_of_one_process_count_apart() -> Result<()> {
    let script = script(Step::reply(204));
    let (one, other) = (
        build(&script, ServiceConfig::new()),
        build(&script, ServiceConfig::new()),
    );
    OrdersClient::new(&one).get(1).await?;
    OrdersClient::new(&one.clone()).get(1).await?;
    assert_eq!((one.metrics().total_calls, other.metrics().total_calls), (2, 0));
    Ok(())
}
