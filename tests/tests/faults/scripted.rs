//! Faults above the socket, in paused time.

use futures_util::future::join_all;
use tokio::time::{Instant, advance, sleep};
use trunkline::context::{self, Context};
use trunkline::testing::{Script, Step};
use trunkline::{ErrorKind, ServiceConfig};
use trunkline_tests::clock::{assert_between, is_pending_after_a_poll, ms, secs, timed};
use trunkline_tests::reference::{A, B, C, SERVICE, assert_idle, client, get, post, reference};

/// Fault 4: an instance hangs and the call has less time than its attempts.
#[tokio::test(start_paused = true)]
async fn the_last_attempt_gets_what_is_left_of_the_call() {
    let script = Script::new().instance(A, Step::hang());
    let client = client(&script, reference().url(A).timeout(ms(800)));
    let (outcome, time) = timed(get(&client)).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 2));
    assert_eq!(script.hits(A), 2);
    assert_between(time, ms(800), ms(801));
    assert_idle(&client, &script);
}

/// Fault 7: every instance refuses; the calls are quick before the breakers open.
#[tokio::test(start_paused = true)]
async fn calls_are_quick_while_every_instance_refuses() {
    let refuse = || Step::refuse().after(ms(5));
    let script = Script::new()
        .instance(A, refuse())
        .instance(B, refuse())
        .instance(C, refuse());
    let client = client(&script, reference().url(A).url(B).url(C));
    for call in 0..5 {
        let (outcome, time) = timed(get(&client)).await;
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Connect, "call {call}");
        assert_between(time, ms(15), ms(20));
    }
    let (outcome, time) = timed(get(&client)).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::CircuitOpen);
    assert!(time < ms(1), "{time:?}");
}

/// Fault 7: once the breakers are open, each instance is dialled once an open period.
#[tokio::test(start_paused = true)]
async fn refusing_instances_are_dialled_once_an_open_period() {
    let script = Script::new()
        .instance(A, Step::refuse())
        .instance(B, Step::refuse())
        .instance(C, Step::refuse());
    let client = client(&script, reference().url(A).url(B).url(C));
    let started = Instant::now();
    while started.elapsed() < secs(12) {
        let _ = get(&client).await;
        sleep(ms(10)).await;
    }
    // Open for about 1, 2, 4 and 8 s: three probes end within twelve.
    for instance in [A, B, C] {
        assert_eq!(script.dials(instance), 5 + 3, "{instance}");
    }
}

/// Fault 12: the server asks to wait, and there is time to.
#[tokio::test(start_paused = true)]
async fn a_retry_waits_for_as_long_as_the_server_asks() {
    let steps = [Step::reply(503).header("retry-after", "2"), Step::reply(200)];
    let script = Script::new().instance(A, steps);
    let client = client(&script, reference().url(A).timeout(secs(10)));
    let (outcome, time) = timed(get(&client)).await;
    assert_eq!(outcome.unwrap().status(), 200);
    assert_eq!(script.hits(A), 2);
    assert_between(time, secs(2), ms(2200));
}

/// Fault 13: the server asks to wait for longer than the call has.
#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_the_deadline_fails_at_once_and_says_how_long() {
    let steps = [Step::reply(503).header("retry-after", "2"), Step::reply(200)];
    let script = Script::new().instance(A, steps);
    let client = client(&script, reference().url(A));
    let (outcome, time) = timed(get(&client)).await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::Status, Some(secs(2)))
    );
    assert_eq!(script.hits(A), 1);
    assert!(time <= ms(20), "{time:?}");
}

/// Fault 19: a thousand callers find a breaker half-open.
#[tokio::test(start_paused = true)]
async fn one_caller_of_a_thousand_probes() {
    let script = Script::new().instance(A, Step::refuse());
    let client = client(&script, reference().url(A).no_retry());
    for _ in 0..5 {
        let _ = get(&client).await;
    }
    sleep(ms(1101)).await;
    script.change(A, Step::reply(200).after(ms(100)));
    let calls = (0..1000).map(|_| timed(get(&client)));
    let (served, refused): (Vec<_>, Vec<_>) = join_all(calls)
        .await
        .into_iter()
        .partition(|(outcome, _)| outcome.is_ok());
    assert_eq!((served.len(), refused.len(), script.hits(A)), (1, 999, 1));
    for (outcome, time) in refused {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::CircuitOpen, 0));
        assert!(
            error.retry_after().is_some() && time < ms(1),
            "{error} after {time:?}"
        );
    }
}

/// Opens the breaker of A and waits until it may be probed.
async fn half_open(client: &trunkline::Client, script: &Script) {
    script.change(A, Step::refuse());
    for _ in 0..5 {
        let _ = client.service(SERVICE).get("/x").retries(0).send().await;
    }
    sleep(ms(1101)).await;
    script.change(A, Step::hang());
}

/// Fault 20: the probe never answers, and its attempt ends.
#[tokio::test(start_paused = true)]
async fn a_probe_that_times_out_opens_the_breaker_for_twice_as_long() {
    let script = Script::new();
    let client = client(&script, reference().url(A).no_retry());
    half_open(&client, &script).await;
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::Timeout);
    let refused = get(&client).await.unwrap_err();
    assert_between(refused.retry_after().unwrap(), ms(1800), ms(2200));
}

/// Fault 20: the probe never answers, and nobody looks at its call any more.
#[tokio::test(start_paused = true)]
async fn a_probe_that_is_never_polled_again_loses_its_lease() {
    let script = Script::new();
    let client = client(&script, reference().url(A).no_retry());
    half_open(&client, &script).await;
    let mut forgotten = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut forgotten).await);
    advance(ms(599)).await;
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::CircuitOpen);
    advance(ms(2)).await;
    let refused = get(&client).await.unwrap_err();
    assert_between(refused.retry_after().unwrap(), ms(1798), ms(2200));
    script.change(A, Step::reply(200));
    advance(ms(2200)).await;
    assert_eq!(get(&client).await.unwrap().status(), 200);
    drop(forgotten);
    assert_eq!(get(&client).await.unwrap().status(), 200);
}

/// Fault 20: without an attempt timeout the lease ends with the call.
#[tokio::test(start_paused = true)]
async fn without_an_attempt_timeout_the_lease_is_the_call_s() {
    let script = Script::new();
    let config = ServiceConfig::new().url(A).timeout(secs(2)).no_retry();
    let client = client(&script, config);
    half_open(&client, &script).await;
    let mut forgotten = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut forgotten).await);
    advance(ms(2099)).await;
    let early = get(&client).await.unwrap_err().retry_after().unwrap();
    assert!(early <= ms(1), "{early:?}");
    advance(ms(2)).await;
    let late = get(&client).await.unwrap_err().retry_after().unwrap();
    assert_between(late, ms(1798), ms(2200));
}

/// Fault 30: the caller drops the call while it waits for its next attempt.
#[tokio::test(start_paused = true)]
async fn a_call_dropped_between_attempts_sends_nothing_more() {
    let script = Script::new().instance(A, Step::reply(503).header("retry-after", "1"));
    let client = client(&script, reference().url(A));
    let mut call = Box::pin(get(&client));
    assert!(
        tokio::time::timeout(ms(500), &mut call).await.is_err(),
        "it waits for its second attempt"
    );
    drop(call);
    sleep(secs(60)).await;
    assert_eq!(script.hits(A), 1);
    assert_idle(&client, &script);
    let metrics = &client.metrics().services[SERVICE];
    assert_eq!(
        (metrics.cancelled_calls, metrics.attempts, metrics.retry_count),
        (1, 1, 0)
    );
}

/// Fault 34: the caller's caller has 300 ms, and 100 ms of them are gone.
#[tokio::test(start_paused = true)]
async fn the_next_server_learns_what_is_left_of_an_inherited_deadline() {
    let script = Script::new().instance(A, Step::reply(200));
    let client = client(&script, reference().url(A));
    let inbound = Context::new().with_timeout(ms(300));
    context::scope(inbound, async {
        sleep(ms(100)).await;
        get(&client).await.unwrap();
    })
    .await;
    let sent = script.requests()[0]
        .header("x-request-timeout-ms")
        .map(str::to_owned);
    let left: u64 = sent.unwrap().parse().unwrap();
    assert!((190..=195).contains(&left), "{left}");
}

/// Fault 34: the caller's caller has no time left.
#[tokio::test(start_paused = true)]
async fn an_expired_inbound_deadline_sends_nothing() {
    let script = Script::new().instance(A, Step::reply(200));
    let client = client(&script, reference().url(A));
    let inbound = Context::new().with_timeout(ms(50));
    let outcome = context::scope(inbound, async {
        sleep(ms(50)).await;
        post(&client).await
    })
    .await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 0));
    assert!(!error.may_have_reached_server());
    assert_eq!((script.hits(A), script.dials(A)), (0, 0));
}

/// Fault 34: somebody else's deadline says nothing of the instance.
#[tokio::test(start_paused = true)]
async fn an_inherited_deadline_does_not_count_against_the_instance() {
    let script = Script::new().instance(A, Step::hang());
    let client = client(&script, reference().url(A).no_retry());
    for _ in 0..10 {
        let inbound = Context::new().with_timeout(ms(20));
        let error = context::scope(inbound, get(&client)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    }
    script.change(A, Step::reply(200));
    assert!(get(&client).await.is_ok());
    assert_eq!(client.metrics().circuit_breaker_trips, 0);
}
