//! What holds for every script, every policy and every interleaving; ten thousand cases each, in paused time.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use http::Method;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};
use trunkline::testing::{Script, Step};
use trunkline::{Client, ErrorKind, RetryPolicy, ServiceConfig};
use trunkline_tests::clock::{ms, secs};
use trunkline_tests::reference::{A, B, C, SERVICE, assert_idle, reference};

const INSTANCES: [&str; 3] = [A, B, C];

/// What an instance may do, and what it says of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Refuse,
    Unresolvable,
    BlackHole,
    Unprocessed,
    Busy,
    Hang,
    Close,
    Truncated,
    Stalled,
    Status(u16),
    Garbage,
    Loop,
    Fine,
}

impl Fault {
    fn step(self) -> Step {
        match self {
            Self::Refuse => Step::refuse(),
            Self::Unresolvable => Step::unresolvable(),
            Self::BlackHole => Step::black_hole(),
            Self::Unprocessed => Step::unprocessed(),
            Self::Busy => Step::reply(503).header("retry-after", "1"),
            Self::Hang => Step::hang(),
            Self::Close => Step::close(),
            Self::Truncated => Step::reply(200).chunk("1").truncated(),
            Self::Stalled => Step::reply(200).chunk("1").stalls(),
            Self::Status(status) => Step::reply(status),
            Self::Garbage => Step::text(200, "garbage"),
            Self::Loop => Step::reply(302).header("location", "/"),
            Self::Fine => Step::text(200, "1"),
        }
    }

    /// Whether what the server said has a status, which an error tells.
    fn has_status(self) -> bool {
        matches!(self, Self::Busy | Self::Status(_) | Self::Garbage | Self::Loop)
    }

    /// Whether the server may have acted on the request.
    fn may_have_acted(self) -> bool {
        !matches!(
            self,
            Self::Refuse | Self::Unresolvable | Self::BlackHole | Self::Unprocessed | Self::Busy
        )
    }

    /// The kind of the error that a call ends with when this was its last attempt, time enough left.
    fn kind(self) -> Option<ErrorKind> {
        match self {
            Self::Refuse | Self::Unresolvable | Self::BlackHole => Some(ErrorKind::Connect),
            Self::Unprocessed | Self::Close | Self::Truncated | Self::Loop => Some(ErrorKind::Transport),
            Self::Busy | Self::Status(_) => Some(ErrorKind::Status),
            Self::Hang | Self::Stalled => Some(ErrorKind::Timeout),
            Self::Garbage => Some(ErrorKind::Decode),
            Self::Fine => None,
        }
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Refuse),
        Just(Fault::Unresolvable),
        Just(Fault::BlackHole),
        Just(Fault::Unprocessed),
        Just(Fault::Busy),
        Just(Fault::Hang),
        Just(Fault::Close),
        Just(Fault::Truncated),
        Just(Fault::Stalled),
        prop::sample::select(vec![400, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504])
            .prop_map(Fault::Status),
        Just(Fault::Garbage),
        Just(Fault::Loop),
        Just(Fault::Fine),
    ]
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![
        Method::GET,
        Method::PUT,
        Method::DELETE,
        Method::POST,
        Method::PATCH,
    ])
}

fn policy(times: u32, delay: u64) -> ServiceConfig {
    let retry = RetryPolicy {
        times,
        delay: ms(delay),
        max_delay: secs(1),
        ..RetryPolicy::default()
    };
    reference().url(A).retry(retry)
}

fn client(script: &Script, config: ServiceConfig, seed: u64) -> Client {
    let builder = Client::builder().service(SERVICE, config);
    builder
        .scripted(script)
        .seed(seed)
        .build()
        .expect("the property's settings are legal")
}

async fn call(client: &Client, method: &Method) -> Result<u32, trunkline::Error> {
    client.service(SERVICE).request(method.clone(), "/").fetch().await
}

/// Runs in paused time; a runtime a thread serves all cases.
fn run<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without sockets");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// What one call came to, and the faults that it met.
struct Made {
    outcome: Result<u32, trunkline::Error>,
    time: Duration,
    met: Vec<Fault>,
}

/// One call of an instance that does these things in turn, the last for ever.
async fn make(faults: &[Fault], method: &Method, config: ServiceConfig, seed: u64) -> Made {
    let script = Script::new().instance(A, faults.iter().map(|fault| fault.step()).collect::<Vec<_>>());
    let client = client(&script, config, seed);
    let started = Instant::now();
    let outcome = call(&client, method).await;
    let time = started.elapsed();
    assert_idle(&client, &script);
    assert_eq!(client.shutdown(Duration::ZERO).await.abandoned, 0);
    let attempts = usize::try_from(client.metrics().services[SERVICE].attempts).expect("a few");
    let last = faults.len() - 1;
    // A redirect is a dial more, and no attempt more; it goes on with the next step.
    let dials = script.dials(A);
    let met = (0..dials).map(|dial| faults[dial.min(last)]).collect::<Vec<_>>();
    let redirects = met.iter().filter(|fault| **fault == Fault::Loop).count();
    assert!((attempts..=attempts + redirects).contains(&dials));
    Made { outcome, time, met }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 10_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// Attempts ≤ times + 1; the sum of sleeps and work ≤ the deadline, but for the timer's millisecond.
    #[test]
    fn a_call_makes_no_more_attempts_and_takes_no_more_time_than_it_may(
        faults in vec(fault(), 1..8),
        method in method(),
        (times, delay, limit) in (0_u32..6, 0_u64..400, 1_u64..4000),
        seed: u64,
    ) {
        let config = policy(times, delay).timeout(ms(limit)).attempt_timeout(ms(limit.min(500)));
        let made = run(make(&faults, &method, config, seed));
        prop_assert!(made.time <= ms(limit + 1), "{:?}", made.time);
        if let Err(error) = made.outcome {
            prop_assert!(error.attempts() <= times + 1);
            prop_assert!(error.elapsed() <= ms(limit + 1));
        }
    }

    /// An Ambiguous call that is not idempotent is never repeated, nor is one that was answered.
    #[test]
    fn a_post_that_may_have_been_acted_on_is_never_repeated(
        faults in vec(fault(), 1..8),
        method in prop::sample::select(vec![Method::POST, Method::PATCH]),
        times in 0_u32..6,
        seed: u64,
    ) {
        let made = run(make(&faults, &method, policy(times, 20).timeout(secs(60)), seed));
        let (_, before) = made.met.split_last().expect("there is a first attempt");
        prop_assert!(before.iter().all(|fault| !fault.may_have_acted()), "{:?}", made.met);
    }

    /// Every error maps to exactly one class: its kind follows from the last thing that was met, its other answers from
    /// all of them.
    #[test]
    fn an_error_says_what_was_met(
        faults in vec(fault(), 1..6),
        method in method(),
        times in 0_u32..4,
        seed: u64,
    ) {
        // A loop of redirects takes the steps of several attempts: it is met at the end, where it repeats.
        let end = faults.iter().position(|fault| *fault == Fault::Loop).map_or(faults.len(), |at| at + 1);
        let faults = &faults[..end];
        let method = if faults.contains(&Fault::Loop) { Method::GET } else { method };
        let made = run(make(faults, &method, policy(times, 20).timeout(secs(60)), seed));
        let last = *made.met.last().expect("there is a first attempt");
        prop_assert_eq!(made.outcome.as_ref().err().map(trunkline::Error::kind), last.kind());
        let Err(error) = made.outcome else { return Ok(()) };
        let may_have_acted = made.met.iter().any(|fault| fault.may_have_acted());
        prop_assert_eq!(error.may_have_reached_server(), may_have_acted, "{}", error);
        prop_assert_eq!(error.is_timeout(), last.kind() == Some(ErrorKind::Timeout));
        prop_assert_eq!(error.is_connect(), last.kind() == Some(ErrorKind::Connect));
        // The status is that of the last response, of an attempt before where the last one had none.
        let answer = made.met.iter().rev().find(|fault| fault.has_status());
        let unavailable = error.is_connect() || matches!(answer, Some(Fault::Busy | Fault::Status(503)));
        prop_assert_eq!(error.is_unavailable(), unavailable);
        prop_assert_eq!(error.retry_after(), (last == Fault::Busy).then_some(secs(1)));
        prop_assert_eq!((error.service(), error.instance()), (Some(SERVICE), Some(A)));
        prop_assert!(!error.to_string().contains('\n'));
    }

    /// An excluded instance is picked only when all are.
    #[test]
    fn an_instance_is_tried_again_only_once_all_were(
        count in 1_usize..=3,
        before in 0_usize..4,
        times in 0_u32..8,
        seed: u64,
    ) {
        run(async {
            let script = INSTANCES.iter().fold(Script::new(), |script, instance| script.instance(instance, Step::reply(500)));
            let urls = INSTANCES[..count].iter().copied();
            let client = client(&script, policy(times, 20).urls(urls).no_breaker().timeout(secs(60)), seed);
            for _ in 0..before {
                let _ = client.service(SERVICE).get("/").retries(0).send().await;
            }
            let _ = call(&client, &Method::GET).await;
            let tried: Vec<_> = script.requests()[before..].iter().map(|request| request.uri().to_string()).collect();
            assert_eq!(tried.len(), times as usize + 1);
            let first = &tried[..count.min(tried.len())];
            let distinct: BTreeSet<_> = first.iter().collect();
            assert_eq!(distinct.len(), first.len(), "{tried:?}");
        });
    }

    /// Gauges and permits return to 0 after any interleaving of drop, timeout and panic, and no breaker is wedged.
    #[test]
    fn nothing_is_left_behind_by_calls_that_end_in_any_way(
        faults in vec((fault(), 0_u64..300), 1..5),
        calls in vec((0_u64..1500, 0_u64..1500, any::<bool>()), 1..5),
        seed: u64,
    ) {
        run(async {
            let steps = faults.iter().map(|(fault, after)| fault.step().after(ms(*after)));
            let script = Script::new().instance(A, Step::cycle(steps.collect::<Vec<_>>()));
            let client = client(&script, policy(2, 50), seed);
            let all = calls.iter().map(|(start, patience, panics)| one(&client, ms(*start), ms(*patience), *panics));
            join_all(all).await;
            assert_idle(&client, &script);
            let hits = script.hits(A);
            script.change(A, Step::text(200, "1"));
            // The longest that a breaker stays open, and its jitter.
            sleep(secs(70)).await;
            assert_eq!(script.hits(A), hits, "a call that is over sends nothing");
            assert_eq!(call(&client, &Method::GET).await.unwrap(), 1);
            assert_eq!(client.shutdown(Duration::ZERO).await.abandoned, 0);
            let metrics = &client.metrics().services[SERVICE];
            let ended = metrics.successful_calls + metrics.failed_calls + metrics.cancelled_calls;
            assert_eq!((metrics.in_flight, metrics.total_calls), (0, ended));
        });
    }

    /// Never two probes at once.
    #[test]
    fn one_probe_at_a_time_is_out(
        arrivals in vec(900_u64..4000, 2..8),
        faults in vec((prop::sample::select(vec![Fault::Hang, Fault::Close, Fault::Status(500)]), 0_u64..400), 1..5),
        seed: u64,
    ) {
        run(async {
            let script = Script::new().instance(A, Step::reply(500));
            let client = client(&script, policy(0, 0), seed);
            for _ in 0..5 {
                let _ = call(&client, &Method::GET).await;
            }
            let steps = faults.iter().map(|(fault, after)| fault.step().after(ms(*after)));
            script.change(A, Step::cycle(steps.collect::<Vec<_>>()));
            let probes = arrivals.iter().map(|arrival| probe(&client, ms(*arrival)));
            let mut out: Vec<_> = join_all(probes).await.into_iter().flatten().collect();
            out.sort();
            assert!(out.windows(2).all(|pair| pair[0].1 < pair[1].0), "{out:?}");
            assert_eq!(script.hits(A), 5 + out.len());
        });
    }
}

/// A call that begins then, and is dropped or panicked out of when its caller's patience is over.
async fn one(client: &Client, start: Duration, patience: Duration, panics: bool) {
    sleep(start).await;
    let call = std::panic::AssertUnwindSafe(async {
        let ended = timeout(patience, call(client, &Method::GET)).await;
        if panics && ended.is_err() {
            std::panic::resume_unwind(Box::new("the caller's own"));
        }
    });
    let _ = call.catch_unwind().await;
}

/// From when to when a call had a probe out, if it was let in.
async fn probe(client: &Client, arrival: Duration) -> Option<(Instant, Instant)> {
    sleep(arrival).await;
    let started = Instant::now();
    let error = call(client, &Method::GET).await.unwrap_err();
    (error.attempts() > 0).then(|| (started, Instant::now()))
}
