//! Dropping a call at any point gives everything back.

use tokio::time::{sleep, timeout};
use trunkline::testing::{Script, Step};
use trunkline::{Client, ServiceConfig};
use trunkline_tests::clock::{ms, secs};
use trunkline_tests::reference::{A, B, SERVICE, assert_idle, client, get, reference};

/// A call that connects, waits, is redirected, is refused, backs off, and reads its body piece by piece: some 750 ms.
fn eventful() -> (Script, ServiceConfig) {
    let steps = [
        Step::reply(302)
            .header("location", "http://b:1/there")
            .connect_after(ms(50))
            .after(ms(100)),
        Step::reply(200)
            .after(ms(100))
            .chunks(ms(100), ["a", "b", "c", "d"]),
    ];
    let busy = Step::reply(503)
        .header("retry-after", "0")
        .after(ms(100))
        .chunks(ms(50), ["x", "y"]);
    let script = Script::new().instance(A, steps).instance(B, busy);
    (script, reference().url(A))
}

/// The call, dropped after that long; whether it was still under way.
async fn dropped_after(milliseconds: u64) -> bool {
    let (script, config) = eventful();
    let client = client(&script, config);
    let cancelled = timeout(ms(milliseconds), get(&client)).await.is_err();
    assert_idle(&client, &script);
    let (dials, metrics) = (script.dials(A) + script.dials(B), client.metrics());
    assert_eq!(metrics.services[SERVICE].cancelled_calls, u64::from(cancelled));
    sleep(secs(60)).await;
    assert_eq!(
        script.dials(A) + script.dials(B),
        dials,
        "after {milliseconds} ms"
    );
    assert_eq!(client.shutdown(ms(0)).await.abandoned, 0);
    cancelled
}

#[tokio::test(start_paused = true)]
async fn a_call_may_be_dropped_at_any_millisecond() {
    let mut last = 0;
    while dropped_after(last).await {
        last += 1;
    }
    assert!(last > 700, "the call was over after {last} ms");
}

/// Polled that many times, then dropped; whether it was still under way.
async fn dropped_after_polls(polls: usize) -> bool {
    let (script, config) = eventful();
    let client = client(&script, config);
    let mut call = Box::pin(get(&client));
    let mut left = polls;
    let cancelled = std::future::poll_fn(|cx| {
        if left == 0 {
            return std::task::Poll::Ready(true);
        }
        left -= 1;
        call.as_mut().poll(cx).map(|_| false)
    })
    .await;
    drop(call);
    assert_idle(&client, &script);
    cancelled
}

#[tokio::test(start_paused = true)]
async fn a_call_may_be_dropped_at_any_await_point() {
    let mut polls = 0;
    while dropped_after_polls(polls).await {
        polls += 1;
    }
    assert!(polls > 9, "the call was over after {polls} polls");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_polled_is_no_call() {
    let script = Script::new().instance(A, Step::reply(200));
    let client = client(&script, reference().url(A));
    drop(client.service(SERVICE).get("/x").send());
    assert_eq!((script.dials(A), client.metrics().total_calls), (0, 0));
}

/// A client whose breaker was opened by five failures; half-open by now.
async fn half_open(script: &Script) -> Client {
    let client = client(script, reference().url(A).no_retry());
    for _ in 0..5 {
        let _ = get(&client).await;
    }
    sleep(ms(1101)).await;
    client
}

#[tokio::test(start_paused = true)]
async fn a_probe_may_be_dropped_at_any_millisecond() {
    for after in 0..400 {
        let script = Script::new().instance(A, Step::refuse());
        let client = half_open(&script).await;
        script.change(A, Step::reply(200).after(ms(200)).gap(ms(100)).chunk("x"));
        let _ = timeout(ms(after), get(&client)).await;
        script.change(A, Step::reply(200));
        assert!(get(&client).await.is_ok(), "after {after} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_say_nothing_of_the_instance() {
    let script = Script::new().instance(A, Step::hang());
    let client = client(&script, reference().url(A));
    for _ in 0..50 {
        assert!(timeout(ms(100), get(&client)).await.is_err());
    }
    script.change(A, Step::reply(200));
    assert!(get(&client).await.is_ok());
    assert_eq!(client.metrics().circuit_breaker_trips, 0);
}

#[tokio::test(start_paused = true)]
async fn an_aborted_task_gives_its_call_back() {
    let script = Script::new().instance(A, Step::hang());
    let client = client(&script, reference().url(A));
    let task = tokio::spawn({
        let client = client.clone();
        async move { get(&client).await }
    });
    sleep(ms(100)).await;
    assert_eq!(
        (script.in_flight(), client.metrics().services[SERVICE].in_flight),
        (1, 1)
    );
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_idle(&client, &script);
}
