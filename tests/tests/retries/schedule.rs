//! When is the next attempt?

use std::time::{Duration, SystemTime};

use trunkline::testing::{Recorded, Script, Step};
use trunkline::{Backoff, CallOptions, Client, ErrorKind, RetryPolicy, ServiceConfig};
use trunkline_tests::clock::{assert_between, ms, secs, timed};
use trunkline_tests::reference::{A, B, C, SERVICE, client, get, post, reference};

/// The times between the attempts of a call that always gets a 500.
async fn gaps(policy: RetryPolicy, seed: u64) -> Vec<Duration> {
    gaps_with(policy, CallOptions::new(), seed).await
}

async fn gaps_with(policy: RetryPolicy, options: CallOptions, seed: u64) -> Vec<Duration> {
    let script = Script::new().instance(A, Step::reply(500));
    let config = ServiceConfig::new().url(A).retry(policy).no_breaker();
    let client = Client::builder()
        .service(SERVICE, config)
        .scripted(&script)
        .seed(seed)
        .build()
        .unwrap();
    let orders = client.service(SERVICE).with(options);
    assert!(orders.get("/x").send().await.is_err());
    let at: Vec<_> = script.requests().iter().map(Recorded::at).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The longest gap before each retry over many calls.
async fn longest(backoff: Backoff) -> Vec<Duration> {
    let policy = RetryPolicy {
        times: 4,
        backoff,
        delay: ms(100),
        max_delay: ms(350),
        on: Vec::new(),
    };
    let mut longest = vec![Duration::ZERO; 4];
    for seed in 0..200 {
        for (most, gap) in longest.iter_mut().zip(gaps(policy.clone(), seed).await) {
            *most = gap.max(*most);
        }
    }
    longest
}

/// Full jitter reaches nearly all of its bound in 200 draws, and never beyond it; timers round up to a millisecond.
#[track_caller]
fn check(longest: &[Duration], bounds: [u64; 4]) {
    for (time, bound) in longest.iter().zip(bounds) {
        assert_between(*time, ms(bound * 9 / 10), ms(bound + 1));
    }
}

#[tokio::test(start_paused = true)]
async fn exponential_delays_double_up_to_the_most() {
    check(&longest(Backoff::Exponential).await, [100, 200, 350, 350]);
}

#[tokio::test(start_paused = true)]
async fn linear_delays_grow_by_the_first() {
    check(&longest(Backoff::Linear).await, [100, 200, 300, 350]);
}

#[tokio::test(start_paused = true)]
async fn fixed_delays_stay() {
    check(&longest(Backoff::Fixed).await, [100, 100, 100, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_backoff_of_the_call_s_own_is_heeded() {
    let longest = async |options: CallOptions| {
        let mut longest = Duration::ZERO;
        for seed in 0..20 {
            let policy = RetryPolicy {
                times: 4,
                ..RetryPolicy::default()
            };
            longest = gaps_with(policy, options.clone(), seed)
                .await
                .into_iter()
                .fold(longest, Ord::max);
        }
        longest
    };
    assert!(longest(CallOptions::new()).await > ms(500));
    let fixed = longest(CallOptions::new().backoff(Backoff::Fixed)).await;
    assert_between(fixed, ms(90), ms(101));
}

#[tokio::test(start_paused = true)]
async fn one_seed_gives_one_schedule() {
    let policy = || RetryPolicy {
        times: 5,
        ..RetryPolicy::default()
    };
    assert_eq!(gaps(policy(), 1).await, gaps(policy(), 1).await);
    assert_ne!(gaps(policy(), 1).await, gaps(policy(), 2).await);
}

#[tokio::test(start_paused = true)]
async fn the_default_policy_retries_three_times() {
    assert_eq!(gaps(RetryPolicy::default(), 1).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn retry_after_as_a_date_is_waited_for() {
    // The date counts whole seconds of the world's clock, which runs on while the test's stands still.
    let date = httpdate::fmt_http_date(SystemTime::now() + secs(5));
    let steps = [Step::reply(429).header("retry-after", &date), Step::reply(200)];
    let script = Script::new().instance(A, steps);
    let client = client(&script, reference().url(A).timeout(secs(30)));
    let (outcome, time) = timed(post(&client)).await;
    assert!(outcome.is_ok());
    assert_between(time, ms(3500), ms(5001));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_a_floor_under_the_backoff_and_not_added_to_it() {
    let steps = [Step::reply(503).header("retry-after", "1"), Step::reply(200)];
    let script = Script::new().instance(A, steps);
    let policy = RetryPolicy {
        delay: ms(500),
        ..RetryPolicy::default()
    };
    let client = client(&script, reference().url(A).retry(policy));
    let (outcome, time) = timed(get(&client)).await;
    assert!(outcome.is_ok());
    assert_between(time, secs(1), ms(1001));
}

#[tokio::test(start_paused = true)]
async fn retry_after_that_cannot_be_read_is_no_floor() {
    let steps = [Step::reply(503).header("retry-after", "soon"), Step::reply(200)];
    let script = Script::new().instance(A, steps);
    let client = client(&script, reference().url(A));
    let (outcome, time) = timed(get(&client)).await;
    assert!(outcome.is_ok() && time <= ms(51), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_of_a_century_is_a_day() {
    let script = Script::new().instance(A, Step::reply(503).header("retry-after", "3155760000"));
    let client = client(&script, reference().url(A));
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_hours(24)));
    assert_eq!(script.hits(A), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_goes_to_an_untried_instance_at_once() {
    let script = Script::new()
        .instance(A, Step::refuse())
        .instance(B, Step::refuse())
        .instance(C, Step::reply(200));
    let client = client(&script, reference().url(A).url(B).url(C));
    let (outcome, time) = timed(post(&client)).await;
    assert!(outcome.is_ok());
    assert_eq!(time, ms(0));
    assert_eq!((script.dials(A), script.dials(B), script.hits(C)), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_waits_once_every_instance_was_tried() {
    let script = Script::new()
        .instance(A, Step::refuse())
        .instance(B, Step::refuse());
    let policy = RetryPolicy {
        times: 2,
        delay: ms(100),
        ..RetryPolicy::default()
    };
    let client = client(&script, reference().url(A).url(B).retry(policy));
    let (outcome, time) = timed(get(&client)).await;
    assert_eq!(outcome.unwrap_err().attempts(), 3);
    assert_between(time, ms(1), ms(201));
}

/// An instance whose breaker refuses is nowhere to go at once.
#[tokio::test(start_paused = true)]
async fn what_was_not_sent_waits_where_the_untried_instances_are_open() {
    let script = Script::new()
        .instance(A, Step::reply(200))
        .instance(B, Step::refuse());
    let client = client(&script, reference().url(A).url(B));
    for _ in 0..10 {
        get(&client).await.unwrap();
    }
    script.change(A, Step::refuse());
    let (outcome, time) = timed(get(&client)).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Connect);
    assert!(time >= ms(1), "it was hammered without a pause");
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_waits_also_before_an_untried_instance() {
    let script = Script::new()
        .instance(A, Step::reply(500))
        .instance(B, Step::reply(200));
    let policy = RetryPolicy {
        times: 1,
        delay: ms(1000),
        ..RetryPolicy::default()
    };
    let client = client(&script, reference().url(A).url(B).retry(policy));
    let (outcome, time) = timed(get(&client)).await;
    assert!(outcome.is_ok() && time > ms(0), "{time:?}");
    assert_eq!((script.hits(A), script.hits(B)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn no_delay_at_all_is_allowed() {
    let policy = RetryPolicy {
        times: 5,
        delay: Duration::ZERO,
        ..RetryPolicy::default()
    };
    assert_eq!(gaps(policy, 1).await, [Duration::ZERO; 5]);
}
