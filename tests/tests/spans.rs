//! What a call traces: spans with the names of OpenTelemetry, warnings, and never a raw path.

use axum::{Router, routing::get};
use tracing::Level;
use trunkline::context::ContextLayer;
use trunkline::testing::{Script, Step};
use trunkline::{
    Client, Context, Delivery, ErrorKind, HandlerError, Result, ServiceConfig, context, service,
};
use trunkline_tests::clock::ms;
use trunkline_tests::scripted::{self, A, script};
use trunkline_tests::server::{client_of, serve};
use trunkline_tests::traces::{self, Trace};

#[service("model-service", prefix = "/api")]
trait Models {
    #[get("/models/{id}")]
    async fn model(&self, id: &str, token: &str) -> Result<()>;
}

fn client(script: &Script) -> Client {
    let config = ServiceConfig::new().url("http://models.internal:8083/base");
    let client = scripted::builder(script).service("model-service", config).build();
    client.expect("the settings are legal")
}

fn models(steps: impl Into<trunkline::testing::Steps>) -> (ModelsClient, Script) {
    let script = Script::new().instance("http://models.internal:8083", steps);
    (ModelsClient::new(&client(&script)), script)
}

fn check(trace: &Trace, expected: &[(&str, Option<&str>)]) {
    for (name, value) in expected {
        assert_eq!(trace.field(name), *value, "{name} of {trace:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_span_with_the_attributes_of_an_http_client() -> Result<()> {
    let (models, script) = models(Step::reply(204));
    traces::start();
    models.model("a", "b").await?;
    let calls = traces::spans("call");
    let [call] = calls.as_slice() else {
        panic!("one call, one span: {calls:?}")
    };
    assert_eq!((call.target, call.level), ("trunkline::call", Level::INFO));
    let request = &script.requests()[0];
    check(
        call,
        &[
            ("otel.name", Some("GET /api/models/{id}")),
            ("otel.kind", Some("client")),
            ("otel.status_code", None),
            ("http.request.method", Some("GET")),
            ("http.response.status_code", Some("204")),
            ("url.template", Some("/api/models/{id}")),
            ("server.address", Some("models.internal")),
            ("server.port", Some("8083")),
            ("error.type", None),
            ("trunkline.service", Some("model-service")),
            ("trunkline.endpoint", Some("model")),
            ("trace_id", request.header("x-trace-id")),
            ("request_id", request.header("x-request-id")),
        ],
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_a_span_inside_that_of_the_call() -> Result<()> {
    let (models, _) = models([Step::reply(503), Step::refuse(), Step::reply(204)]);
    traces::start();
    models.model("a", "b").await?;
    let attempts = traces::spans("attempt");
    let field = |name: &str| {
        let values = attempts.iter().map(|attempt| attempt.field(name));
        values
            .map(|value| value.unwrap_or("-").to_owned())
            .collect::<Vec<_>>()
    };
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.parent == Some("call") && attempt.level == Level::DEBUG)
    );
    assert_eq!(field("http.response.status_code"), ["503", "-", "204"]);
    assert_eq!(field("http.request.resend_count"), ["-", "1", "2"]);
    assert_eq!(field("error.type"), ["-", "connect", "-"]);
    assert_eq!(field("url.template"), ["/api/models/{id}"; 3]);
    assert_eq!(traces::spans("call").len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_a_warning_with_its_reason_and_delay() -> Result<()> {
    let (models, script) = models([Step::reply(503), Step::close(), Step::reply(204)]);
    traces::start();
    models.model("a", "b").await?;
    let events = traces::events();
    assert_eq!(events.len(), 2, "{events:?}");
    let requests = script.requests();
    for (index, reason) in ["503 Service Unavailable", "closed the connection"]
        .iter()
        .enumerate()
    {
        let event = &events[index];
        assert_eq!(
            (event.level, event.target, event.parent),
            (Level::WARN, "trunkline::call", Some("call"))
        );
        assert!(
            event.field("reason").is_some_and(|text| text.contains(reason)),
            "{event:?}"
        );
        let waited = (requests[index + 1].at() - requests[index].at()).as_millis();
        let said: u128 = event
            .field("delay_ms")
            .and_then(|text| text.parse().ok())
            .expect("a number");
        assert!(waited - said <= 1, "it said {said} ms and waited {waited}");
        check(
            event,
            &[
                ("retry", Some(&(index + 1).to_string())),
                ("trunkline.service", Some("model-service")),
                ("trunkline.endpoint", Some("model")),
                ("trace_id", requests[0].header("x-trace-id")),
                ("request_id", requests[0].header("x-request-id")),
            ],
        );
    }
    Ok(())
}

/// How the span of a call of this instance says that it failed: the kind of error, the status.
async fn failed(step: Step) -> (Option<String>, Option<String>) {
    let (models, _) = models(step);
    traces::start();
    models.model("a", "b").await.expect_err("it fails");
    let call = traces::spans("call").remove(0);
    check(&call, &[("otel.status_code", Some("ERROR"))]);
    let own = |name: &str| call.field(name).map(str::to_owned);
    (own("error.type"), own("http.response.status_code"))
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_says_what_kind_of_error_it_was() {
    let own = |kind: &str, status: Option<&str>| (Some(kind.to_owned()), status.map(str::to_owned));
    assert_eq!(failed(Step::reply(404)).await, own("404", Some("404")));
    assert_eq!(failed(Step::reply(500)).await, own("500", Some("500")));
    assert_eq!(failed(Step::refuse()).await, own("connect", None));
    assert_eq!(failed(Step::close()).await, own("transport", None));
    assert_eq!(failed(Step::hang()).await, own("deadline_exceeded", None));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_sends_nothing_is_a_span_without_attempts() {
    let (models, _) = models(Step::reply(204));
    traces::start();
    models.model("", "b").await.expect_err("an empty segment");
    assert_eq!(traces::spans("attempt").len(), 0);
    let call = traces::spans("call").remove(0);
    check(
        &call,
        &[("error.type", Some("request")), ("server.address", None)],
    );
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_is_a_warning() {
    let (models, _) = models(Step::reply(500));
    traces::start();
    for _ in 0..2 {
        models.model("a", "b").await.expect_err("500");
    }
    let is_it = |event: &&Trace| event.target == "trunkline" && event.level == Level::WARN;
    let events = traces::events();
    let opened: Vec<_> = events.iter().filter(is_it).collect();
    assert_eq!(opened.len(), 1, "{events:?}");
    assert_eq!(opened[0].field("service"), Some("model-service"));
    assert!(
        opened[0]
            .field("instance")
            .is_some_and(|text| text.contains("models.internal:8083"))
    );
}

#[tokio::test(start_paused = true)]
async fn neither_a_raw_path_nor_a_query_nor_a_body_is_traced() {
    let (models, script) = models(Step::text(500, "hunter2-body"));
    let untyped = client(&script).service("model-service");
    traces::start();
    models
        .model("hunter2-path", "hunter2-query")
        .await
        .expect_err("500");
    let call = untyped
        .post("/o/{id}")
        .path("id", "hunter2")
        .query("q", "hunter2")
        .json("hunter2");
    call.header("x-a", "hunter2").send().await.expect_err("500");
    let traces = traces::seen();
    assert!(traces.len() > 5, "{traces:?}");
    for trace in &traces {
        assert!(!format!("{trace:?}").contains("hunter2"), "{trace:?}");
    }
    let call = &traces::spans("call")[1];
    check(
        call,
        &[
            ("url.template", Some("/o/{id}")),
            ("trunkline.endpoint", Some("POST /o/{id}")),
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_without_logging_is_silent_and_still_sends_its_ids() -> Result<()> {
    let script = script([Step::reply(500), Step::reply(204)]);
    let client = scripted::builder(&script)
        .service("model-service", ServiceConfig::new().url(A))
        .logging(false)
        .build()?;
    traces::start();
    ModelsClient::new(&client).model("a", "b").await?;
    assert!(traces::seen().is_empty(), "{:?}", traces::seen());
    assert!(script.requests()[0].header("x-trace-id").is_some());
    Ok(())
}

#[tokio::test]
async fn only_a_client_with_logging_says_that_its_broker_is_not_there() -> Result<()> {
    for is_logging in [true, false] {
        // Nobody listens on port 1.
        let builder = Client::builder().events("amqp://127.0.0.1:1");
        let client = builder.logging(is_logging).build()?;
        traces::start();
        let brief = Context::new().with_timeout(ms(300));
        let published = async { client.events().publish_named("paid", &7).await };
        let error = context::scope(brief, published).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Publish);
        let says = |trace: &Trace| trace.is_event && trace.target == "trunkline::event";
        assert_eq!(
            traces::seen().iter().any(says),
            is_logging,
            "{:?}",
            traces::seen()
        );
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_logged_with_the_trace_of_its_event() -> Result<()> {
    let events = Client::builder().build()?.events();
    let subscribe = events.subscribe("shipping");
    let subscribe = subscribe.on_named("paid", |_: Delivery<_>| async {
        Err::<(), _>(HandlerError::reject("no"))
    });
    let _worker = subscribe.start().await?;
    traces::start();
    let order = Context::new().with_trace_id("order-17");
    context::scope(order, async { events.publish_named("paid", &7).await }).await?;
    events.dead("shipping").wait_for(1).await?;
    let seen = traces::seen();
    let said = seen
        .iter()
        .find(|trace| trace.is_event && trace.level == Level::ERROR);
    assert_eq!(
        said.and_then(|trace| trace.field("trace_id")),
        Some("order-17"),
        "{seen:?}"
    );
    Ok(())
}

#[tokio::test]
async fn an_inbound_request_is_a_span_around_the_calls_that_it_makes() -> Result<()> {
    let (models, _) = models(Step::reply(204));
    let handler = move || {
        let models = models.clone();
        async move { models.model("a", "b").await.map_err(|error| error.to_string()) }
    };
    let app = Router::new()
        .route("/on/{id}", get(handler))
        .layer(ContextLayer::new());
    let front = client_of("front", &serve(app).await);
    traces::start();
    let call = front
        .service("front")
        .get("/on/7")
        .header("x-trace-id", "order-17");
    call.header("x-request-id", "req-1").send().await?;
    let request = traces::spans("request").remove(0);
    assert_eq!((request.target, request.level), ("trunkline", Level::INFO));
    let ids = [("trace_id", Some("order-17")), ("request_id", Some("req-1"))];
    check(&request, &ids);
    check(
        &request,
        &[
            ("otel.kind", Some("server")),
            ("http.request.method", Some("GET")),
            ("http.response.status_code", Some("200")),
        ],
    );
    let calls = traces::spans("call");
    let inner: Vec<_> = calls
        .iter()
        .filter(|call| call.parent == Some("request"))
        .collect();
    assert_eq!(inner.len(), 1, "{calls:?}");
    check(inner[0], &ids);
    check(&calls[0], &ids);
    Ok(())
}
