//! Whether a service says that it is well.

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::time::Instant;
use trunkline::testing::Step;
use trunkline::{CallOptions, Client, Health, ServiceConfig};
use trunkline_tests::scripted::{self, A, ms, script};
use trunkline_tests::server::{client_of, serve};

async fn health_of(step: Step, config: ServiceConfig) -> (Health, usize) {
    let script = script(step);
    let client = scripted::builder(&script)
        .service("orders", config.url(A))
        .build();
    let health = client
        .expect("the settings are legal")
        .service("orders")
        .health()
        .await;
    (health, script.hits(A))
}

async fn check(step: Step, healthy: bool, status: Option<u16>, reason: &str) {
    let (health, _) = health_of(step, ServiceConfig::new()).await;
    assert_eq!((health.healthy, health.status), (healthy, status), "{health:?}");
    assert!(health.reason.contains(reason), "`{reason}` is not in {health:?}");
}

#[tokio::test(start_paused = true)]
async fn a_2xx_is_healthy_unless_its_body_says_otherwise() {
    let said = |body: Value| Step::json(200, &body);
    for word in ["healthy", "ok", "up", "Healthy", "OK", "UP"] {
        check(said(json!({ "status": word })), true, Some(200), word).await;
        check(
            said(json!({ "code": 200, "data": { "status": word } })),
            true,
            Some(200),
            word,
        )
        .await;
    }
    for word in ["unhealthy", "degraded", "down", "starting", "", "okay"] {
        check(said(json!({ "status": word })), false, Some(200), word).await;
        check(
            said(json!({ "code": 200, "data": { "status": word } })),
            false,
            Some(200),
            word,
        )
        .await;
    }
    check(said(json!({})), true, Some(200), "answered").await;
    check(said(json!({ "version": 3 })), true, Some(200), "answered").await;
    check(Step::reply(204), true, Some(204), "answered").await;
    check(Step::text(200, "pong"), true, Some(200), "answered").await;
}

#[tokio::test(start_paused = true)]
async fn any_other_status_decides_whatever_the_body_says() {
    let body = json!({ "code": 200, "message": "ok", "data": { "status": "healthy" } });
    check(Step::json(503, &body), false, Some(503), "503").await;
    check(
        Step::json(500, &json!({ "status": "ok" })),
        false,
        Some(500),
        "500",
    )
    .await;
    check(Step::text(404, "no such page"), false, Some(404), "404").await;
    check(Step::reply(429), false, Some(429), "429").await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_has_no_status_and_a_reason() {
    check(Step::refuse(), false, None, "refused").await;
    check(Step::close(), false, None, "closed the connection").await;
    check(Step::hang(), false, None, "within").await;
}

#[tokio::test(start_paused = true)]
async fn a_service_without_an_address_is_not_healthy() {
    let client = Client::builder().build().expect("nothing is wrong");
    let health = client.service("order-service").health().await;
    assert_eq!(
        (health.healthy, health.status, health.instance),
        (false, None, None)
    );
    assert!(health.reason.contains("ORDER_SERVICE_URL"), "{}", health.reason);
}

#[tokio::test(start_paused = true)]
async fn the_answer_has_its_latency_and_its_instance() {
    let (health, _) = health_of(Step::reply(200).after(ms(30)), ServiceConfig::new()).await;
    assert_eq!((health.latency, health.instance.as_deref()), (ms(30), Some(A)));
    let (health, _) = health_of(Step::hang(), ServiceConfig::new().timeout(ms(70))).await;
    assert_eq!((health.latency, health.healthy), (ms(70), false));
}

#[tokio::test(start_paused = true)]
async fn health_is_asked_once_and_counted_nowhere() {
    let script = script(Step::reply(503));
    let client = scripted::client("orders", &script);
    for _ in 0..10 {
        assert!(!client.service("orders").health().await.healthy);
    }
    let metrics = client.metrics();
    assert_eq!(
        (script.hits(A), metrics.total_calls, metrics.circuit_breaker_trips),
        (10, 0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_does_not_keep_health_from_asking() {
    let script = script(Step::reply(500));
    let client = scripted::client("orders", &script);
    for _ in 0..2 {
        client.service("orders").get("/x").send().await.expect_err("500");
    }
    let hits = script.hits(A);
    script.change(A, Step::json(200, &json!({ "status": "ok" })));
    assert!(client.service("orders").health().await.healthy);
    assert_eq!(script.hits(A), hits + 1);
}

#[tokio::test(start_paused = true)]
async fn no_option_brings_health_to_breaker_and_retry() {
    let script = script(Step::reply(503));
    let client = scripted::client("orders", &script);
    let options = CallOptions::new().breaker(true).retries(3);
    let orders = client.service("orders").with(options);
    for _ in 0..10 {
        assert!(!orders.health().await.healthy);
    }
    assert_eq!((script.hits(A), client.metrics().circuit_breaker_trips), (10, 0));
    for _ in 0..2 {
        orders.get("/x").send().await.expect_err("503");
    }
    let hits = script.hits(A);
    script.change(A, Step::json(200, &json!({ "status": "ok" })));
    assert!(orders.health().await.healthy, "the breaker is open");
    assert_eq!(script.hits(A), hits + 1);
}

#[tokio::test(start_paused = true)]
async fn health_keeps_the_deadline_of_its_scope() {
    let script = script(Step::hang());
    let client = scripted::client("orders", &script);
    let context = trunkline::Context::new().with_timeout(ms(40));
    let started = Instant::now();
    let health = trunkline::context::scope(context, async { client.service("orders").health().await }).await;
    assert_eq!((health.healthy, started.elapsed()), (false, ms(40)));
}

#[tokio::test(start_paused = true)]
async fn the_path_of_health_may_have_a_query_and_lies_below_the_base() {
    for (path, query) in [
        ("/api/health", None),
        ("/health?deep=1&x=%20/?", Some("deep=1&x=%20/?")),
    ] {
        let script = script(Step::reply(200));
        let config = ServiceConfig::new().url("http://a:1/base").health_path(path);
        let client = scripted::builder(&script).service("orders", config).build();
        let health = client
            .expect("the settings are legal")
            .service("orders")
            .health()
            .await;
        assert!(health.healthy, "{health:?}");
        let request = &script.requests()[0];
        let expected = format!("/base{}", path.split('?').next().unwrap_or_default());
        assert_eq!((request.path(), request.query()), (expected.as_str(), query));
    }
}

#[tokio::test]
async fn both_families_are_asked_at_a_real_server() {
    let unhealthy = json!({ "code": 200, "message": "ok", "data": { "status": "unhealthy" } });
    let app = Router::new()
        .route(
            "/health",
            get(|| async { Json(json!({ "status": "healthy", "service": "a" })) }),
        )
        .route(
            "/api/health",
            get(|| async move { (StatusCode::SERVICE_UNAVAILABLE, Json(unhealthy)) }),
        );
    let client = client_of("orders", &serve(app).await);
    let health = client.service("orders").health().await;
    assert!(health.healthy, "{health:?}");
    client
        .configure("orders", |service| service.health_path("/api/health"))
        .expect("legal");
    let health = client.service("orders").health().await;
    assert_eq!((health.healthy, health.status), (false, Some(503)));
    client
        .configure("orders", |service| service.health_path("/nowhere"))
        .expect("legal");
    let health = client.service("orders").health().await;
    assert_eq!((health.healthy, health.status), (false, Some(404)));
}
