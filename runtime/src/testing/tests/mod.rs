//! Each thing that a script can do, in paused time.

use std::error::Error as _;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body as _;
use serde_json::json;
use tokio::time::{Instant, timeout};

mod records;
mod replies;

use super::*;
use crate::{Body, Sent, TransportError};

const A: &str = "http://a:1";
const CONNECT: Duration = Duration::from_millis(200);

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn get(uri: &str) -> Request<Body> {
    Request::get(uri)
        .body(Body::empty())
        .expect("the test's request is legal")
}

async fn exchange(script: &Script) -> Result<Response<Body>, TransportError> {
    script.exchange(get("http://a:1/path"), CONNECT).await
}

async fn reply(script: &Script) -> Response<Body> {
    exchange(script).await.expect("the script replies")
}

async fn next(body: &mut Body) -> Option<Result<Bytes, TransportError>> {
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    Some(match frame {
        Ok(frame) => Ok(frame.into_data().expect("a scripted body has no trailers")),
        Err(error) => Err(TransportError::from_box(error)),
    })
}

/// The bytes of the body and the error at its end.
async fn read(response: Response<Body>) -> (Vec<u8>, Option<TransportError>) {
    let (mut body, mut bytes) = (response.into_body(), Vec::new());
    while let Some(chunk) = next(&mut body).await {
        match chunk {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(error) => return (bytes, Some(error)),
        }
    }
    (bytes, None)
}

/// What the exchange fails with, after how long, and how many requests have arrived.
async fn check_failure(step: Step, sent: Sent, after: Duration, hits: usize, text: &str) {
    let (script, start) = (Script::new().instance(A, step), Instant::now());
    let error = exchange(&script).await.expect_err("the script fails");
    assert_eq!(error.sent(), sent, "{error}");
    assert_eq!(start.elapsed(), after, "{error}");
    assert_eq!(error.to_string(), text);
    assert_eq!((script.dials(A), script.hits(A)), (1, hits), "{error}");
    assert_eq!((script.in_flight(), script.open_bodies()), (0, 0), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_sends_nothing() {
    check_failure(
        Step::refuse(),
        Sent::Nothing,
        ms(0),
        0,
        "http://a:1: connection refused",
    )
    .await;
    let slow = Step::refuse().connect_after(ms(20)).after(ms(30));
    check_failure(slow, Sent::Nothing, ms(50), 0, "http://a:1: connection refused").await;
}

#[tokio::test(start_paused = true)]
async fn a_name_without_an_address_sends_nothing() {
    let step = Step::unresolvable();
    check_failure(
        step,
        Sent::Nothing,
        ms(0),
        0,
        "http://a:1: the name has no address",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_ends_at_the_connect_timeout() {
    let text = "no connection to http://a:1 within 200ms";
    check_failure(Step::black_hole(), Sent::Nothing, CONNECT, 0, text).await;
    let slow = Step::reply(200).connect_after(ms(201));
    check_failure(slow, Sent::Nothing, CONNECT, 0, text).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_closed_may_have_reached_the_server() {
    let text = "http://a:1 closed the connection before it answered";
    check_failure(Step::close().after(ms(30)), Sent::Perhaps, ms(30), 1, text).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_turned_away_was_not_acted_on() {
    let text = "http://a:1 did not act on the request";
    check_failure(Step::unprocessed(), Sent::Unprocessed, ms(0), 1, text).await;
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_a_step_is_named() {
    for (step, mistake) in [
        (Step::reply(1000), "the status 1000 is not within 100 to 999"),
        (Step::reply(200).header("a b", "c"), "`a b` is not a header name"),
        (
            Step::reply(200).header("a", "b\n"),
            "the value of `a` is not a header value",
        ),
        (
            Step::hang().chunk("x"),
            "a step without a reply has no headers and no body",
        ),
        (
            Step::reply(1).header("a b", "c"),
            "the status 1 is not within 100 to 999",
        ),
        (
            Step::json(200, &json_without_a_form()),
            "the body is no JSON: key must be a string",
        ),
    ] {
        let text = format!("the script of http://a:1: {mistake}");
        check_failure(step, Sent::Nothing, ms(0), 0, &text).await;
    }
}

fn json_without_a_form() -> std::collections::BTreeMap<Vec<u8>, u8> {
    [(vec![1], 1)].into()
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_an_answer_is_named() {
    let answer = Step::answer(|_| Step::reply(0));
    let text = "the script of http://a:1: the status 0 is not within 100 to 999";
    check_failure(answer, Sent::Nothing, ms(0), 1, text).await;
}

fn answer_for_ever() -> Step {
    Step::answer(|_| answer_for_ever())
}

#[tokio::test(start_paused = true)]
async fn answers_that_give_answers_end() {
    let text = "the script of http://a:1: an answer gives an answer 8 times over";
    check_failure(answer_for_ever(), Sent::Nothing, ms(0), 1, text).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_steps_says_so() {
    let script = Script::new().instance(A, []);
    let error = exchange(&script).await.expect_err("there is no step");
    assert_eq!(error.to_string(), "the script of http://a:1: there are no steps");
}

async fn statuses(script: &Script, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(reply(script).await.status().as_u16());
    }
    statuses
}

#[tokio::test(start_paused = true)]
async fn the_last_step_repeats() {
    let script = Script::new().instance(A, [Step::reply(500), Step::reply(200)]);
    assert_eq!(statuses(&script, 4).await, [500, 200, 200, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_cycle_starts_over() {
    let script = Script::new().instance(A, Step::cycle([Step::reply(500), Step::reply(200)]));
    assert_eq!(statuses(&script, 5).await, [500, 200, 500, 200, 500]);
}

#[tokio::test(start_paused = true)]
async fn a_change_begins_with_its_first_step_and_keeps_the_counts() {
    let script = Script::new().instance(A, [Step::reply(500), Step::reply(501)]);
    assert_eq!(statuses(&script, 1).await, [500]);
    script
        .clone()
        .change("HTTP://A:1/", vec![Step::reply(200), Step::reply(204)]);
    assert_eq!(statuses(&script, 2).await, [200, 204]);
    assert_eq!(script.hits(A), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_sees_the_request_and_takes_both_times() {
    let answer = Step::answer(|request| Step::text(200, request.path()).after(ms(20))).after(ms(10));
    let (script, start) = (Script::new().instance(A, answer), Instant::now());
    assert_eq!(read(reply(&script).await).await.0, b"/path");
    assert_eq!(start.elapsed(), ms(30));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_refuses_closes_the_connection() {
    let text = "http://a:1 closed the connection before it answered";
    check_failure(Step::answer(|_| Step::refuse()), Sent::Perhaps, ms(0), 1, text).await;
}

async fn check_address(instance: &str, request: &str, served: bool) {
    let script = Script::new().instance(instance, Step::reply(204));
    let outcome = script.exchange(get(request), CONNECT).await;
    assert_eq!(outcome.is_ok(), served, "{instance} for {request}");
    assert_eq!(
        script.hits(instance),
        usize::from(served),
        "{instance} for {request}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_is_its_scheme_host_and_port() {
    check_address("http://a", "http://a:80/x", true).await;
    check_address("https://a:443/base", "https://A/base/x", true).await;
    check_address("http://[::1]:8080", "http://[::1]:8080/", true).await;
    check_address("http://a", "https://a", false).await;
    check_address("http://a:1", "http://a:2", false).await;
    check_address("http://a:1", "http://b:1", false).await;
    check_address("nonsense", "http://nonsense", false).await;
    check_address("http://a:1", "/only/a/path", false).await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_address_is_refused_with_the_ones_that_are_known() {
    let script = Script::new();
    let request = || get("http://user:secret@c:1/x");
    let error = script.exchange(request(), CONNECT).await.expect_err("unknown");
    assert_eq!(error.sent(), Sent::Nothing);
    assert_eq!(
        error.to_string(),
        "no script for http://c:1; there is one for no address"
    );

    let script = script
        .instance(A, Step::refuse())
        .instance("http://b:1", Step::refuse());
    let error = script.exchange(request(), CONNECT).await.expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "no script for http://c:1; there is one for http://a:1, http://b:1"
    );
}

#[tokio::test(start_paused = true)]
async fn exchanges_run_side_by_side_in_tasks() {
    let script = Script::new().instance(A, Step::text(200, "a").after(ms(100)));
    let start = Instant::now();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let script = script.clone();
            tokio::spawn(async move { exchange(&script).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.expect("no panic"));
    }
    assert_eq!(
        (start.elapsed(), script.hits(A), script.open_bodies()),
        (ms(100), 100, 0)
    );
}
