//! A real server that receives a context and calls on.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use trunkline::context::{self, ContextLayer};
use trunkline::{Client, Raw, Reply, Result, ServiceConfig};
use trunkline_tests::echo::{self, Echo};
use trunkline_tests::server::{client_of, serve};

use super::{is_trace_id, is_uuid, parts};

const DIGITS: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A server that asks the service `back` and answers with what arrived there, and a client of it.
async fn front() -> Client {
    let back = echo::client("back").await;
    let app = Router::new()
        .route("/on", get(call_on))
        .route("/renamed", get(renamed))
        .route("/task", get(in_a_task))
        .route("/failed", get(failed))
        .with_state(back)
        .layer(ContextLayer::new());
    client_of("front", &serve(app).await)
}

async fn ask(back: &Client) -> Json<Echo> {
    let arrived = back.service("back").get("/back").fetch().await;
    Json(arrived.expect("the echo answers"))
}

async fn call_on(State(back): State<Client>) -> Json<Echo> {
    ask(&back).await
}

async fn renamed(State(back): State<Client>) -> Json<Echo> {
    assert!(context::set_trace_id("renamed"));
    ask(&back).await
}

async fn in_a_task(State(back): State<Client>) -> Json<Echo> {
    let task = context::spawn(async move { ask(&back).await });
    task.await.expect("no panic")
}

async fn failed(State(back): State<Client>) -> String {
    let outcome = back.service("back").get("/back").send().await;
    outcome.expect_err("there is no time").to_string()
}

/// Asks the front with exactly these headers, past the client that would add its own.
async fn asked(path: &str, headers: &[(&str, &str)]) -> (HeaderMap, Echo) {
    let reply = raw(&front().await, path, headers).await.expect("200");
    let echo = reply.json().expect("it is the echo's answer");
    (reply.headers().clone(), echo)
}

/// A call whose own context headers are replaced before they are sent.
async fn raw(front: &Client, path: &str, headers: &[(&str, &str)]) -> Result<Reply<Raw>> {
    let url = front
        .service("front")
        .get("/on")
        .send()
        .await?
        .instance()
        .to_owned();
    let own = [
        "x-trace-id",
        "x-request-id",
        "traceparent",
        "x-request-timeout-ms",
    ];
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let layer = tower::util::MapRequestLayer::new(move |mut request: http::Request<trunkline::Body>| {
        for name in own {
            request.headers_mut().remove(name);
        }
        for (name, value) in &headers {
            let name: http::HeaderName = name.parse().expect("a legal name");
            request
                .headers_mut()
                .append(name, value.parse().expect("a legal value"));
        }
        request
    });
    let client = Client::builder()
        .service("front", ServiceConfig::new().url(url))
        .layer(layer)
        .build()?;
    client.service("front").get(path).send().await
}

#[tokio::test]
async fn the_trace_id_is_the_first_that_came_in() {
    let parent = format!("00-{DIGITS}-00f067aa0ba902b7-01");
    let [trace, request, parent] = [
        ("x-trace-id", "order-17"),
        ("x-request-id", "req-1"),
        ("traceparent", parent.as_str()),
    ];
    for (headers, expected) in [
        (vec![trace, request, parent], "order-17"),
        (vec![request, parent], "req-1"),
        (vec![parent], DIGITS),
        (vec![("x-trace-id", "two words"), request], "req-1"),
        (vec![("x-trace-id", ""), parent], DIGITS),
    ] {
        let (answer, arrived) = asked("/on", &headers).await;
        assert_eq!(arrived.headers("x-trace-id"), [expected], "{headers:?}");
        assert_eq!(answer["x-trace-id"], expected, "it is echoed");
    }
}

#[tokio::test]
async fn what_is_missing_or_illegal_is_made_anew() {
    let long = "x".repeat(129);
    for headers in [
        vec![],
        vec![("x-trace-id", "two words")],
        vec![("x-trace-id", long.as_str())],
        vec![(
            "traceparent",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        )],
        vec![("traceparent", "nonsense")],
    ] {
        let (answer, arrived) = asked("/on", &headers).await;
        let id = arrived.header("x-trace-id").expect("always there");
        assert!(is_trace_id(id), "{headers:?}: {id}");
        assert_eq!(answer["x-trace-id"], id);
        assert!(is_uuid(arrived.header("x-request-id").expect("always there")));
    }
}

#[tokio::test]
async fn an_id_of_any_visible_ascii_is_kept_as_it_is() {
    for id in [
        "!",
        "~a{b}\"c",
        &"x".repeat(128),
        "ABCDEF0123456789ABCDEF0123456789",
    ] {
        let (_, arrived) = asked("/on", &[("x-trace-id", id)]).await;
        assert_eq!(arrived.headers("x-trace-id"), [id]);
    }
}

#[tokio::test]
async fn digits_go_into_the_traceparent_and_other_ids_leave_it() {
    let trace_of = async |headers: &[(&str, &str)]| {
        let (_, arrived) = asked("/on", headers).await;
        parts(arrived.header("traceparent").expect("always sent"))[1].to_owned()
    };
    assert_eq!(trace_of(&[("x-trace-id", DIGITS)]).await, DIGITS);
    let upper = DIGITS.to_uppercase();
    assert_eq!(trace_of(&[("x-trace-id", &upper)]).await, DIGITS);
    let parent = format!("00-{DIGITS}-00f067aa0ba902b7-00");
    let both = [("x-trace-id", "order-17"), ("traceparent", parent.as_str())];
    assert_eq!(trace_of(&both).await, DIGITS);
    let other = trace_of(&[("x-trace-id", "order-17")]).await;
    assert!(is_trace_id(&other) && other != DIGITS);
}

#[tokio::test]
async fn request_id_trace_state_and_baggage_go_on() {
    let parent = format!("00-{DIGITS}-00f067aa0ba902b7-01");
    let headers = [
        ("x-request-id", "req-1"),
        ("traceparent", parent.as_str()),
        ("tracestate", "a=1"),
        ("tracestate", "b=2"),
        ("baggage", "k=v"),
    ];
    let (_, arrived) = asked("/on", &headers).await;
    assert_eq!(arrived.headers("x-request-id"), ["req-1"]);
    assert_eq!(arrived.headers("tracestate"), ["a=1,b=2"]);
    assert_eq!(arrived.headers("baggage"), ["k=v"]);
    assert_eq!(parts(arrived.header("traceparent").expect("sent"))[3], "01");
}

#[tokio::test]
async fn the_inbound_deadline_bounds_the_calls_that_follow() {
    let left = async |value: &str| -> u64 {
        let (_, arrived) = asked("/on", &[("x-request-timeout-ms", value)]).await;
        let left = arrived.header("x-request-timeout-ms").expect("always sent");
        left.parse().expect("a number")
    };
    let bounded = left("9000").await;
    assert!((1..=8_995).contains(&bounded), "{bounded}");
    for unbounded in ["60000", "nonsense", "-1", "99999999999999999999"] {
        let own = left(unbounded).await;
        assert!((9_000..=29_995).contains(&own), "{unbounded}: {own}");
    }
}

#[tokio::test]
async fn a_deadline_that_is_over_sends_nothing_on() {
    let reply = raw(&front().await, "/failed", &[("x-request-timeout-ms", "0")]).await;
    let text = reply.expect("the handler runs").text().expect("text");
    assert!(
        text.contains("deadline inherited from the caller") && !text.contains("attempt"),
        "{text}"
    );
}

#[tokio::test]
async fn a_handler_may_rename_the_trace() {
    let (answer, arrived) = asked("/renamed", &[("x-trace-id", "order-17")]).await;
    assert_eq!(
        (arrived.header("x-trace-id"), &answer["x-trace-id"]),
        (Some("renamed"), &"renamed".parse().expect("legal"))
    );
}

#[tokio::test]
async fn a_task_that_the_handler_starts_carries_on() {
    let (_, arrived) = asked("/task", &[("x-trace-id", "order-17"), ("x-request-id", "req-1")]).await;
    assert_eq!(
        (arrived.header("x-trace-id"), arrived.header("x-request-id")),
        (Some("order-17"), Some("req-1"))
    );
}

#[tokio::test]
async fn requests_that_are_served_at_once_do_not_mix() {
    let front = front().await;
    let calls = (0..50).map(|number| {
        let front = front.clone();
        tokio::spawn(async move {
            let id = format!("order-{number}");
            let call = front.service("front").get("/on").header("x-trace-id", &id);
            let arrived: Echo = call.fetch().await.expect("200");
            assert_eq!(arrived.headers("x-trace-id"), [id]);
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no panic");
    }
}
