//! Could the server have acted? Each class of outcome, for each method.

use http::Method;
use trunkline::testing::{Script, Step};
use trunkline::{ErrorKind, RetryPolicy};
use trunkline_tests::clock::ms;
use trunkline_tests::reference::{A, SERVICE, assert_idle, client, get, post, reference};

const IDEMPOTENT: [Method; 5] = [
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::PUT,
    Method::DELETE,
];
const OTHERS: [Method; 2] = [Method::POST, Method::PATCH];

/// How often the call arrives at, or dials, an instance that always does this.
async fn dials(step: &Step, method: &Method) -> usize {
    let script = Script::new().instance(A, step.clone());
    let client = client(&script, reference().url(A));
    let call = client.service(SERVICE).request(method.clone(), "/x");
    assert!(call.send().await.is_err(), "{method} {step:?}");
    assert_idle(&client, &script);
    script.dials(A)
}

async fn check(step: Step, idempotent: usize, others: usize) {
    for method in IDEMPOTENT {
        assert_eq!(dials(&step, &method).await, idempotent, "{method} {step:?}");
    }
    for method in OTHERS {
        assert_eq!(dials(&step, &method).await, others, "{method} {step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_tried_again_by_any_method() {
    check(Step::refuse(), 3, 3).await;
    check(Step::unresolvable(), 3, 3).await;
    check(Step::black_hole(), 3, 3).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_not_processed_is_tried_again_by_any_method() {
    check(Step::unprocessed(), 3, 3).await;
    check(Step::reply(429).header("retry-after", "0"), 3, 3).await;
    check(Step::reply(503).header("retry-after", "0"), 3, 3).await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_is_tried_again_by_idempotent_methods_alone() {
    check(Step::close(), 3, 1).await;
    check(Step::hang(), 3, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_tried_again_by_idempotent_methods_alone() {
    let half = || Step::reply(200).chunk("half");
    for step in [half().truncated(), half().reset(), half().stalls()] {
        for (method, expected) in [(Method::GET, 3), (Method::DELETE, 3), (Method::POST, 1)] {
            assert_eq!(dials(&step, &method).await, expected, "{method} {step:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_passing_answer_is_tried_again_by_idempotent_methods_alone() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        check(Step::reply(status), 3, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn any_other_answer_is_an_answer() {
    for status in [
        300, 400, 401, 403, 404, 405, 409, 410, 422, 451, 499, 501, 505, 511, 599,
    ] {
        check(Step::reply(status), 1, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_on_another_status_makes_no_post_repeatable() {
    check(Step::reply(500).header("retry-after", "0"), 3, 1).await;
    check(Step::reply(404).header("retry-after", "0"), 1, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_status_that_the_policy_names_is_tried_again() {
    let script = Script::new().instance(A, Step::reply(409));
    let policy = RetryPolicy {
        times: 2,
        on: vec![http::StatusCode::CONFLICT],
        ..RetryPolicy::default()
    };
    let client = client(&script, reference().url(A).retry(policy));
    let error = client.service(SERVICE).get("/x").send().await.unwrap_err();
    assert_eq!((error.status_code(), script.hits(A)), (Some(409), 3));
    assert!(post(&client).await.is_err());
    assert_eq!(script.hits(A), 4, "a POST on top");
}

#[tokio::test(start_paused = true)]
async fn a_post_that_was_sent_is_never_repeated_after_one_that_was_not() {
    let script = Script::new().instance(A, [Step::refuse(), Step::close(), Step::reply(200)]);
    let client = client(&script, reference().url(A));
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 2));
    assert_eq!(script.hits(A), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_outcome_is_the_call_s() {
    let script = Script::new().instance(A, [Step::reply(500), Step::refuse(), Step::reply(404)]);
    let client = client(&script, reference().url(A));
    let error = client.service(SERVICE).get("/x").send().await.unwrap_err();
    assert_eq!((error.status_code(), error.attempts()), (Some(404), 3));
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_cannot_be_decoded_is_not_tried_again() {
    let script = Script::new().instance(A, Step::text(200, "no JSON"));
    let client = client(&script, reference().url(A));
    let call = client.service(SERVICE).get("/x").fetch::<u32>();
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(script.hits(A), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_envelope_is_not_tried_again() {
    let body = serde_json::json!({ "code": 500, "message": "no stock", "data": null });
    let script = Script::new().instance(A, Step::json(200, &body));
    let client = client(&script, reference().url(A).envelope());
    let error = client.service(SERVICE).get("/x").send().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Business, Some("500")));
    assert_eq!(script.hits(A), 1);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_503_whose_body_stalls_is_the_503() {
    let script = Script::new().instance(A, Step::reply(503).chunk("busy").stalls());
    let client = client(&script, reference().url(A).no_retry());
    let error = client.service(SERVICE).get("/x").send().await.unwrap_err();
    assert_eq!((error.status_code(), error.body()), (Some(503), &b"busy"[..]));
    assert!(error.elapsed() <= ms(301), "{error}");
}

#[tokio::test(start_paused = true)]
async fn every_attempt_says_its_number_and_keeps_its_request_id() {
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, reference().url(A));
    let _ = client.service(SERVICE).get("/x").send().await;
    let requests = script.requests();
    let numbers: Vec<_> = requests
        .iter()
        .map(|request| request.header("x-retry-attempt"))
        .collect();
    assert_eq!(numbers, [None, Some("1"), Some("2")]);
    for name in ["x-request-id", "x-trace-id"] {
        let ids: Vec<_> = requests.iter().map(|request| request.header(name)).collect();
        assert!(ids[0].is_some() && ids == [ids[0]; 3], "{name}: {ids:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_attempt_carries_the_whole_body() {
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, reference().url(A));
    let _ = client.service(SERVICE).put("/x").json(&[1, 2, 3]).send().await;
    let bodies: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.body().clone())
        .collect();
    assert_eq!(bodies, ["[1,2,3]"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_that_says_nothing_repeats_no_post() {
    for status in [429, 503] {
        for value in ["soon", "", "-1"] {
            let script = Script::new().instance(A, Step::reply(status).header("retry-after", value));
            let client = client(&script, reference().url(A));
            let error = post(&client).await.unwrap_err();
            assert_eq!((error.attempts(), script.hits(A)), (1, 1), "{status} {value:?}");
            assert!(error.may_have_reached_server(), "{status} {value:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_response_is_remembered_by_a_later_failure() {
    let script = Script::new().instance(A, [Step::reply(503), Step::hang()]);
    let client = client(&script, reference().url(A).no_breaker());
    let error = get(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Timeout, Some(503))
    );
    let script = Script::new().instance(A, [Step::reply(500), Step::close(), Step::close()]);
    let client = self::client(&script, reference().url(A).no_breaker());
    let error = get(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Transport, Some(500))
    );
}
