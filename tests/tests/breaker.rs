//! The breaker of an instance, as callers see it.

use std::time::Duration;

use tokio::time::sleep;
use trunkline::testing::{Script, Step};
use trunkline::{
    BreakerPolicy, BreakerState, ByteStream, CallOptions, Client, Error, ErrorKind, Result, ServiceConfig,
    service,
};
use trunkline_tests::clock::{assert_between, is_pending_after_a_poll, ms, secs};
use trunkline_tests::reference::{A, B, SERVICE, client, get, reference};

#[service("orders")]
trait Orders {
    #[get("/x")]
    async fn guarded(&self) -> Result<()>;

    #[get("/y")]
    #[breaker(off)]
    async fn unguarded(&self) -> Result<()>;

    #[get("/stream")]
    async fn stream(&self) -> Result<ByteStream>;
}

fn once() -> ServiceConfig {
    reference().url(A).no_retry()
}

fn failing() -> (Script, Client) {
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, once());
    (script, client)
}

async fn fail_times(client: &Client, times: usize) {
    for _ in 0..times {
        assert!(get(client).await.is_err());
    }
}

fn state(client: &Client) -> BreakerState {
    client.metrics().services[SERVICE].breakers[A]
}

/// The error of a call that an open breaker refuses.
async fn refused(client: &Client) -> Error {
    let error = get(client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen, "{error}");
    error
}

/// Lets the open time pass and one probe fail; gives the open time after it.
async fn fail_a_probe(client: &Client) -> Duration {
    sleep(refused(client).await.retry_after().unwrap() + ms(1)).await;
    assert_eq!(get(client).await.unwrap_err().status_code(), Some(500));
    refused(client).await.retry_after().unwrap()
}

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_open_it() {
    let (script, client) = failing();
    fail_times(&client, 5).await;
    assert_eq!(state(&client), BreakerState::Open);
    let error = refused(&client).await;
    assert_eq!((error.attempts(), error.status_code()), (0, Some(503)));
    assert!(error.is_unavailable() && !error.may_have_reached_server());
    assert_eq!(script.hits(A), 5);
    assert_eq!(client.metrics().circuit_breaker_trips, 1);
}

#[tokio::test(start_paused = true)]
async fn a_success_ends_the_row() {
    let mut steps = vec![Step::reply(500); 4];
    steps.push(Step::reply(200));
    let script = Script::new().instance(A, Step::cycle(steps));
    let client = client(&script, once());
    for number in 1..=15 {
        assert_eq!(get(&client).await.is_ok(), number % 5 == 0, "{number}");
    }
    assert_eq!((state(&client), script.hits(A)), (BreakerState::Closed, 15));
    script.change(A, Step::reply(500));
    fail_times(&client, 5).await;
    assert_eq!(state(&client), BreakerState::Open, "five in a row still open it");
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_failure_counts() {
    let steps = [
        Step::refuse(),
        Step::hang(),
        Step::close(),
        Step::reply(503),
        Step::reply(200).truncated(),
    ];
    let script = Script::new().instance(A, steps);
    let client = client(&script, once());
    fail_times(&client, 5).await;
    assert_eq!(state(&client), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn no_4xx_counts() {
    let statuses = [400, 401, 404, 408, 409, 422, 425, 429];
    let script = Script::new().instance(A, Step::cycle(statuses.map(Step::reply)));
    let client = client(&script, once());
    fail_times(&client, 80).await;
    assert_eq!(state(&client), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn too_small_a_share_of_successes_opens_it() {
    let steps = [500, 200, 200].map(Step::reply);
    let script = Script::new().instance(A, Step::cycle(steps));
    let client = client(&script, once());
    for call in 1..22 {
        let _ = get(&client).await;
        assert_eq!(state(&client), BreakerState::Closed, "after {call} calls");
    }
    let _ = get(&client).await;
    // A failure decides, and the first one among at least twenty calls is the 22nd.
    assert_eq!(state(&client), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn four_successes_of_five_keep_it_closed() {
    let steps = [200, 200, 200, 200, 500].map(Step::reply);
    let script = Script::new().instance(A, Step::cycle(steps));
    let client = client(&script, once());
    for _ in 0..500 {
        let _ = get(&client).await;
    }
    assert_eq!((state(&client), script.hits(A)), (BreakerState::Closed, 500));
}

#[tokio::test(start_paused = true)]
async fn failures_of_more_than_ten_seconds_ago_are_forgotten() {
    let script = Script::new().instance(A, Step::cycle([500, 200].map(Step::reply)));
    let client = client(&script, once());
    for _ in 0..10 {
        for _ in 0..18 {
            let _ = get(&client).await;
        }
        sleep(secs(11)).await;
    }
    assert_eq!((state(&client), script.hits(A)), (BreakerState::Closed, 180));
}

#[tokio::test(start_paused = true)]
async fn it_is_open_for_a_second_and_says_how_long_still() {
    let (_script, client) = failing();
    fail_times(&client, 5).await;
    let whole = refused(&client).await.retry_after().unwrap();
    assert_between(whole, ms(900), ms(1100));
    sleep(ms(300)).await;
    let rest = refused(&client).await.retry_after().unwrap();
    assert_eq!(rest + ms(300), whole);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_succeeds_closes_it() {
    let (script, client) = failing();
    fail_times(&client, 5).await;
    sleep(ms(1101)).await;
    assert_eq!(state(&client), BreakerState::HalfOpen);
    script.change(A, Step::reply(200));
    assert!(get(&client).await.is_ok());
    assert_eq!(state(&client), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn each_probe_that_fails_doubles_the_open_time() {
    let (script, client) = failing();
    fail_times(&client, 5).await;
    for probe in 1..6 {
        let open = fail_a_probe(&client).await;
        let doubled = ms(1000 << probe);
        assert_between(open, doubled.mul_f64(0.9), doubled.mul_f64(1.1));
    }
    assert_eq!(script.hits(A), 10);
    assert_eq!(client.metrics().circuit_breaker_trips, 6);
}

#[tokio::test(start_paused = true)]
async fn the_open_time_is_a_minute_at_most() {
    let (_script, client) = failing();
    fail_times(&client, 5).await;
    for _ in 0..8 {
        assert!(fail_a_probe(&client).await <= secs(60));
    }
    assert_between(fail_a_probe(&client).await, secs(54), secs(60));
}

#[tokio::test(start_paused = true)]
async fn the_policy_says_how_many_failures_and_how_long_at_most() {
    let policy = BreakerPolicy {
        failures: 2,
        max_open: ms(500),
    };
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, once().breaker(policy));
    fail_times(&client, 2).await;
    assert_between(refused(&client).await.retry_after().unwrap(), ms(450), ms(500));
    assert_between(fail_a_probe(&client).await, ms(450), ms(500));
}

#[tokio::test(start_paused = true)]
async fn after_a_recovery_the_open_time_starts_over() {
    let (script, client) = failing();
    fail_times(&client, 5).await;
    fail_a_probe(&client).await;
    sleep(ms(2201)).await;
    script.change(A, Step::reply(200));
    assert!(get(&client).await.is_ok());
    script.change(A, Step::reply(500));
    fail_times(&client, 5).await;
    assert_between(refused(&client).await.retry_after().unwrap(), ms(900), ms(1100));
}

#[tokio::test(start_paused = true)]
async fn one_instance_that_is_open_leaves_the_calls_to_the_others() {
    let script = Script::new()
        .instance(A, Step::reply(500))
        .instance(B, Step::reply(200));
    let client = client(&script, reference().url(A).url(B));
    for call in 0..100 {
        assert!(get(&client).await.is_ok(), "call {call}");
    }
    assert_eq!((script.hits(A), script.hits(B)), (5, 100));
    let breakers = &client.metrics().services[SERVICE].breakers;
    assert_eq!(
        (breakers[A], breakers[B]),
        (BreakerState::Open, BreakerState::Closed)
    );
}

#[tokio::test(start_paused = true)]
async fn with_all_instances_open_the_soonest_says_when_to_come_back() {
    let script = Script::new()
        .instance(A, Step::reply(500))
        .instance(B, Step::reply(500));
    let client = client(&script, reference().url(A).url(B).no_retry());
    for _ in 0..5 {
        fail_times(&client, 1).await;
        sleep(ms(200)).await;
        fail_times(&client, 1).await;
    }
    let soonest = refused(&client).await.retry_after().unwrap();
    assert_between(soonest, ms(700), ms(900));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_without_it_neither_asks_nor_feeds_it() {
    let (script, client) = failing();
    let orders = OrdersClient::new(&client);
    for _ in 0..20 {
        let _ = orders.unguarded().await;
    }
    assert_eq!((state(&client), script.hits(A)), (BreakerState::Closed, 20));
    fail_times(&client, 5).await;
    assert_eq!(orders.unguarded().await.unwrap_err().status_code(), Some(500));
    script.change(A, Step::reply(200));
    assert!(orders.unguarded().await.is_ok());
    assert_eq!(state(&client), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn the_options_of_a_call_pass_it_by() {
    let (script, client) = failing();
    fail_times(&client, 5).await;
    let past = client.service(SERVICE).with(CallOptions::new().breaker(false));
    assert_eq!(past.get("/x").send().await.unwrap_err().kind(), ErrorKind::Status);
    assert_eq!(script.hits(A), 6);
}

#[tokio::test(start_paused = true)]
async fn a_service_may_have_none() {
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, once().no_breaker());
    fail_times(&client, 50).await;
    assert_eq!(script.hits(A), 50);
}

#[tokio::test(start_paused = true)]
async fn endpoints_of_an_instance_share_it() {
    let (_script, client) = failing();
    for path in ["/a", "/b", "/c", "/d", "/e"] {
        let _ = client.service(SERVICE).get(path).send().await;
    }
    let error = OrdersClient::new(&client).guarded().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn an_address_of_its_own_has_a_breaker_of_its_own() {
    let (_script, client) = failing();
    let there = OrdersClient::at(&client, A);
    for _ in 0..8 {
        let _ = there.with(CallOptions::new().retries(0)).guarded().await;
    }
    assert_eq!(there.guarded().await.unwrap_err().kind(), ErrorKind::CircuitOpen);
    assert_eq!(get(&client).await.unwrap_err().status_code(), Some(500));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_is_given_back() {
    let (script, client) = failing();
    fail_times(&client, 5).await;
    sleep(ms(1101)).await;
    script.change(A, Step::hang());
    let mut probe = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut probe).await);
    refused(&client).await;
    drop(probe);
    script.change(A, Step::reply(200));
    assert!(get(&client).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_done_when_the_head_is_there() {
    let (script, client) = failing();
    fail_times(&client, 5).await;
    sleep(ms(1101)).await;
    script.change(A, Step::reply(200).chunk("a").gap(ms(250)).chunk("b"));
    let orders = OrdersClient::new(&client);
    let body = orders.stream().await.unwrap();
    assert_eq!(state(&client), BreakerState::Closed);
    assert!(get(&client).await.is_ok());
    drop(body);
}

#[tokio::test(start_paused = true)]
async fn a_probe_with_a_slow_body_lets_the_others_in_meanwhile() {
    let (script, client) = failing();
    fail_times(&client, 5).await;
    sleep(ms(1101)).await;
    script.change(A, Step::reply(200).gap(ms(250)).chunk("x"));
    let (probe, other) = tokio::join!(get(&client), async {
        sleep(ms(10)).await;
        get(&client).await
    });
    assert!(probe.is_ok() && other.is_ok());
}

#[tokio::test(start_paused = true)]
async fn failures_that_began_before_it_opened_do_not_open_it_for_longer() {
    let script = Script::new().instance(A, Step::reply(500).after(ms(100)));
    let client = client(&script, once());
    let calls = (0..50).map(|_| get(&client));
    futures_util::future::join_all(calls).await;
    assert_eq!((script.hits(A), client.metrics().circuit_breaker_trips), (50, 1));
    assert_between(refused(&client).await.retry_after().unwrap(), ms(900), ms(1100));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_wants_a_breaker_has_one_though_the_settings_have_none() {
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, reference().url(A).no_retry().no_breaker());
    let orders = client.service(SERVICE);
    for _ in 0..5 {
        let error = orders.get("/x").breaker(true).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Status);
    }
    let error = orders.get("/x").breaker(true).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::Status);
}
