//! One deadline for everything below: its own, or its caller's where that is sooner.

use std::time::Duration;

use tokio::time::sleep;
use trunkline::context::{self, Context};
use trunkline::testing::{Script, Step};
use trunkline::{Client, ErrorKind};
use trunkline_tests::clock::{assert_between, ms, secs, timed};
use trunkline_tests::reference::{A, SERVICE, client, get, reference};

fn hanging() -> (Script, Client) {
    let script = Script::new().instance(A, Step::hang());
    let client = client(&script, reference().url(A).no_retry().attempt_timeout(secs(2)));
    (script, client)
}

/// What the servers are told is left, attempt by attempt.
fn told(script: &Script) -> Vec<u64> {
    let told = |request: &trunkline::testing::Recorded| {
        let header = request
            .header("x-request-timeout-ms")
            .expect("every attempt has it");
        header.parse().expect("whole milliseconds")
    };
    script.requests().iter().map(told).collect()
}

async fn ended_by(inherited: Duration, expected: Duration) -> String {
    let (_script, client) = hanging();
    let inbound = Context::new().with_timeout(inherited);
    let (outcome, time) = timed(context::scope(inbound, get(&client))).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_between(time, expected, expected + ms(1));
    error.message().to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_inherited_deadline_that_is_sooner_wins() {
    let message = ended_by(ms(700), ms(700)).await;
    assert!(message.contains("inherited"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_inherited_deadline_that_is_later_does_not() {
    let message = ended_by(secs(60), secs(2)).await;
    assert!(message.contains("timeout of 2s"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_told_what_is_left_when_it_is_made() {
    let script = Script::new().instance(
        A,
        [
            Step::reply(503).after(ms(200)).header("retry-after", "1"),
            Step::reply(200),
        ],
    );
    let client = client(&script, reference().url(A));
    get(&client).await.unwrap();
    let told = told(&script);
    assert_eq!(told[0], 1995);
    assert!((793..=795).contains(&told[1]), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_within_a_call_has_what_is_left_of_it() {
    let script = Script::new().instance(A, Step::reply(200).after(ms(100)));
    let client = client(&script, reference().url(A));
    let inbound = Context::new().with_timeout(ms(1000));
    context::scope(inbound, async {
        get(&client).await.unwrap();
        context::spawn({
            let client = client.clone();
            async move { get(&client).await.unwrap() }
        })
        .await
        .unwrap();
    })
    .await;
    assert_eq!(told(&script), [995, 895]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_the_call_wins_over_the_settings() {
    let (_script, client) = hanging();
    let call = client.service(SERVICE).get("/x").timeout(ms(123)).send();
    let (outcome, time) = timed(call).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    assert_between(time, ms(123), ms(124));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_timeout_of_the_call_wins_over_the_settings() {
    let (_script, client) = hanging();
    let call = client.service(SERVICE).get("/x").attempt_timeout(ms(77)).send();
    let (outcome, time) = timed(call).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Timeout);
    assert_between(time, ms(77), ms(78));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_timeout_ends_with_the_head() {
    let script = Script::new().instance(
        A,
        Step::reply(200).after(ms(400)).chunks(ms(200), ["a", "b", "c"]),
    );
    let client = client(&script, reference().url(A).no_retry());
    let (outcome, time) = timed(get(&client)).await;
    assert_eq!(outcome.unwrap().text().unwrap(), "abc");
    assert_between(time, secs(1), ms(1004));
}

#[tokio::test(start_paused = true)]
async fn without_an_attempt_timeout_an_attempt_may_take_the_whole_call() {
    let script = Script::new().instance(A, Step::reply(200).after(secs(25)));
    let client = client(&script, trunkline::ServiceConfig::new().url(A));
    let (outcome, time) = timed(get(&client)).await;
    assert!(outcome.is_ok());
    assert_between(time, secs(25), ms(25_001));
}

#[tokio::test(start_paused = true)]
async fn the_default_timeout_is_thirty_seconds() {
    let script = Script::new().instance(A, Step::hang());
    let client = client(&script, trunkline::ServiceConfig::new().url(A));
    let (outcome, time) = timed(get(&client)).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    assert_between(time, secs(30), ms(30_001));
}

#[tokio::test(start_paused = true)]
async fn the_default_connect_timeout_is_a_second() {
    let script = Script::new().instance(A, Step::black_hole());
    let client = client(&script, trunkline::ServiceConfig::new().url(A).no_retry());
    let (outcome, time) = timed(get(&client)).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Connect);
    assert_between(time, secs(1), ms(1001));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_before_a_call_is_polled_sends_nothing() {
    let (script, client) = hanging();
    let inbound = Context::new().with_timeout(ms(10));
    let error = context::scope(inbound, async {
        let call = client.service(SERVICE).get("/x").send();
        sleep(ms(20)).await;
        call.await
    })
    .await
    .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 0));
    assert_eq!(script.dials(A), 0);
}
