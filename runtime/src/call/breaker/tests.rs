//! Each rule of the breaker, in time that the tests make.

use std::cell::Cell;
use std::mem;

use super::*;

const LEASE: Duration = Duration::from_millis(600);

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// One breaker, and a clock that only the test moves.
struct Bench {
    breaker: Breaker,
    random: Random,
    policy: BreakerPolicy,
    now: Cell<Instant>,
}

impl Bench {
    fn new() -> Self {
        Self::with(5, Duration::from_secs(60))
    }

    fn with(failures: u32, max_open: Duration) -> Self {
        Self {
            breaker: Breaker::new(Arc::default()),
            random: Random::from_seed(1),
            policy: BreakerPolicy { failures, max_open },
            now: Cell::new(Instant::now()),
        }
    }

    fn opened() -> Self {
        let bench = Self::new();
        bench.fail(5);
        bench
    }

    fn admit(&self) -> Result<Permit<'_>, Refused> {
        self.breaker
            .admit(&self.policy, self.now.get(), || LEASE, &self.random)
    }

    fn permit(&self) -> Permit<'_> {
        self.admit().expect("the breaker admits")
    }

    fn refused(&self) -> Duration {
        self.admit().err().expect("the breaker refuses").retry_after
    }

    fn succeed(&self, calls: u32) {
        for _ in 0..calls {
            self.permit().success(self.now.get());
        }
    }

    /// Whether the last of the failures opened it.
    fn fail(&self, calls: u32) -> bool {
        (0..calls).fold(false, |_, _| self.permit().failure(self.now.get()))
    }

    fn advance(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    /// Waits until a probe may be had.
    fn sit_out(&self) -> Duration {
        let time = self.refused();
        self.advance(time);
        time
    }

    #[track_caller]
    fn check(&self, expected: BreakerState) {
        assert_eq!(self.breaker.state(self.now.get()), expected);
    }
}

/// Within the jitter of a tenth.
#[track_caller]
fn check_about(time: Duration, expected: Duration) {
    let most = expected.mul_f64(1.1001);
    assert!(
        (expected.mul_f64(0.8999)..=most).contains(&time),
        "{time:?} is not about {expected:?}"
    );
}

#[test]
fn opens_at_the_fifth_failure_in_a_row() {
    let bench = Bench::new();
    assert!(!bench.fail(4));
    bench.check(BreakerState::Closed);
    assert!(bench.fail(1));
    bench.check(BreakerState::Open);
}

#[test]
fn a_success_ends_a_row_of_failures() {
    let bench = Bench::new();
    bench.succeed(60);
    bench.fail(4);
    bench.succeed(1);
    assert!(!bench.fail(4));
    bench.check(BreakerState::Closed);
}

#[test]
fn a_call_without_a_verdict_changes_nothing() {
    let bench = Bench::new();
    bench.fail(4);
    drop(bench.permit());
    assert!(bench.fail(1));
}

#[test]
fn opens_under_four_fifths_of_success_in_twenty_calls() {
    let bench = Bench::with(u32::MAX, Duration::from_secs(60));
    bench.succeed(15);
    assert!(!bench.fail(4), "19 calls are too few");
    assert!(bench.fail(1), "15 of 20 are too few successes");
}

#[test]
fn four_fifths_of_success_are_enough() {
    let bench = Bench::with(u32::MAX, Duration::from_secs(60));
    bench.succeed(80);
    assert!(!bench.fail(20));
    assert!(bench.fail(1));
}

#[test]
fn failures_are_forgotten_after_ten_seconds() {
    let bench = Bench::with(u32::MAX, Duration::from_secs(60));
    bench.fail(19);
    bench.advance(Duration::from_secs(10));
    assert!(!bench.fail(19));
    assert!(bench.fail(1));
}

#[test]
fn failures_count_over_the_whole_window() {
    let bench = Bench::with(u32::MAX, Duration::from_secs(60));
    for _ in 0..9 {
        bench.fail(2);
        bench.advance(ms(1000));
    }
    assert!(!bench.fail(1));
    assert!(bench.fail(1));
}

#[test]
fn a_policy_of_no_failures_opens_at_the_first() {
    assert!(Bench::with(0, Duration::from_secs(60)).fail(1));
}

#[test]
fn says_when_it_admits_again_and_keeps_to_it() {
    let bench = Bench::opened();
    let wait = bench.refused();
    check_about(wait, ms(1000));
    bench.advance(wait.mul_f64(0.5));
    let rest = bench.refused();
    assert_eq!(rest, wait.saturating_sub(wait.mul_f64(0.5)));
    bench.advance(rest.saturating_sub(Duration::from_nanos(1)));
    assert_eq!(bench.refused(), Duration::from_nanos(1));
    bench.advance(Duration::from_nanos(1));
    bench.check(BreakerState::HalfOpen);
    assert!(bench.permit().is_probe());
}

#[test]
fn the_open_time_differs_from_seed_to_seed() {
    let time = |seed| {
        let bench = Bench {
            random: Random::from_seed(seed),
            ..Bench::new()
        };
        bench.fail(5);
        bench.refused()
    };
    assert_eq!(time(1), time(1));
    assert_ne!(time(1), time(2));
}

/// Row 19 of the faults: half-open, a thousand callers, one instance.
#[test]
fn half_open_admits_one_of_a_thousand_and_tells_the_others_when_to_come_back() {
    let bench = Bench::opened();
    bench.sit_out();
    let outcomes: Vec<_> = (0..1000).map(|_| bench.admit()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(refused.retry_after, LEASE);
    }
}

#[test]
fn the_hint_while_a_probe_is_out_is_at_most_a_second() {
    let bench = Bench::opened();
    bench.sit_out();
    let now = bench.now.get();
    let lease = Duration::from_secs(30);
    let probe = bench.breaker.admit(&bench.policy, now, || lease, &bench.random);
    assert!(probe.is_ok());
    assert_eq!(bench.refused(), ms(1000));
}

#[test]
fn a_probe_that_succeeds_closes_it() {
    let bench = Bench::opened();
    bench.sit_out();
    bench.permit().success(bench.now.get());
    bench.check(BreakerState::Closed);
    assert!(!bench.permit().is_probe());
}

#[test]
fn closed_again_it_starts_from_nothing() {
    let bench = Bench::with(19, Duration::from_secs(60));
    bench.fail(19);
    bench.sit_out();
    bench.succeed(1);
    assert!(!bench.fail(18), "neither the row nor the share remembers");
    check_about_first_open(&bench);
}

/// The next failure opens it, and for the first time's length.
#[track_caller]
fn check_about_first_open(bench: &Bench) {
    assert!(bench.fail(1));
    check_about(bench.refused(), ms(1000));
}

#[test]
fn the_open_time_doubles_up_to_the_most_and_starts_over_after_a_success() {
    let bench = Bench::opened();
    for expected in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let time = bench.sit_out();
        check_about(time, Duration::from_secs(expected));
        assert!(time <= bench.policy.max_open, "{time:?}");
        assert!(
            bench.permit().failure(bench.now.get()),
            "a probe that fails opens it"
        );
    }
    bench.sit_out();
    bench.succeed(1);
    bench.fail(4);
    check_about_first_open(&bench);
}

#[test]
fn the_most_may_be_below_a_second_or_nothing() {
    let short = Bench::with(1, ms(50));
    short.fail(1);
    let time = short.refused();
    assert!((ms(45)..=ms(50)).contains(&time), "{time:?}");

    let none = Bench::with(1, Duration::ZERO);
    none.fail(1);
    none.check(BreakerState::HalfOpen);
    assert!(none.permit().is_probe());
}

#[test]
fn the_longest_policy_is_no_overflow() {
    let bench = Bench::with(1, Duration::MAX);
    bench.fail(1);
    for _ in 0..20 {
        bench.sit_out();
        bench.permit().failure(bench.now.get());
    }
    check_about(bench.refused(), Duration::from_secs(1 << 20));
}

#[test]
fn a_probe_that_is_dropped_is_given_back() {
    let bench = Bench::opened();
    bench.sit_out();
    let probe = bench.permit();
    bench.refused();
    drop(probe);
    bench.check(BreakerState::HalfOpen);
    assert!(bench.permit().is_probe());
}

/// Row 20 of the faults: the probe never answers.
#[test]
fn a_leaked_probe_opens_it_twice_as_long_from_the_end_of_its_lease() {
    let bench = Bench::opened();
    bench.sit_out();
    mem::forget(bench.permit());

    bench.advance(ms(599));
    bench.check(BreakerState::HalfOpen);
    assert_eq!(bench.refused(), ms(1));
    bench.advance(ms(1));
    bench.check(BreakerState::Open);
    check_about(bench.sit_out(), ms(2000));
    mem::forget(bench.permit());

    bench.advance(LEASE);
    check_about(bench.sit_out(), ms(4000));
    assert!(bench.permit().is_probe());
}

#[test]
fn a_lease_that_ends_is_a_trip_counted_once() {
    let trips = Arc::new(AtomicU64::new(0));
    let bench = Bench {
        breaker: Breaker::new(Arc::clone(&trips)),
        ..Bench::new()
    };
    bench.fail(5);
    bench.sit_out();
    assert_eq!(trips.load(Ordering::Relaxed), 0, "a permit said so itself");
    let late = bench.permit();
    bench.advance(LEASE);
    bench.check(BreakerState::Open);
    bench.check(BreakerState::Open);
    assert!(!late.failure(bench.now.get()), "it was counted before");
    assert_eq!(trips.load(Ordering::Relaxed), 1);
}

#[test]
fn nobody_need_ask_for_a_lease_to_end() {
    let bench = Bench::opened();
    bench.sit_out();
    mem::forget(bench.permit());
    bench.advance(LEASE + ms(1700));
    check_about(bench.refused() + ms(1700), ms(2000));
    bench.advance(ms(600));
    bench.check(BreakerState::HalfOpen);
}

#[test]
fn the_outcome_of_a_probe_whose_lease_is_over_changes_nothing() {
    let bench = Bench::opened();
    bench.sit_out();
    let (late, next) = (bench.permit(), LEASE + ms(2300));
    bench.advance(next);
    late.success(bench.now.get());
    bench.check(BreakerState::HalfOpen);

    let late = bench.permit();
    bench.advance(LEASE + ms(4500));
    let probe = bench.permit();
    assert!(!late.failure(bench.now.get()));
    bench.check(BreakerState::HalfOpen);
    probe.success(bench.now.get());
    bench.check(BreakerState::Closed);
}

#[test]
fn dropping_a_probe_whose_lease_is_over_does_not_give_the_next_one_back() {
    let bench = Bench::opened();
    bench.sit_out();
    let late = bench.permit();
    bench.advance(LEASE + ms(2300));
    let probe = bench.permit();
    drop(late);
    bench.refused();
    probe.success(bench.now.get());
    bench.check(BreakerState::Closed);
}

#[test]
fn calls_from_before_it_opened_change_nothing() {
    let bench = Bench::new();
    let early: Vec<_> = (0..10).map(|_| bench.permit()).collect();
    bench.fail(5);
    let wait = bench.refused();
    for (index, permit) in early.into_iter().enumerate() {
        if index % 2 == 0 {
            permit.success(bench.now.get());
        } else {
            assert!(!permit.failure(bench.now.get()));
        }
    }
    assert_eq!(bench.refused(), wait);
}

#[test]
fn calls_from_before_it_opened_count_for_nothing_once_it_is_closed() {
    let bench = Bench::new();
    let early: Vec<_> = (0..100).map(|_| bench.permit()).collect();
    bench.fail(5);
    bench.sit_out();
    bench.succeed(1);
    bench.fail(4);
    let mut early = early.into_iter();
    for permit in early.by_ref().take(50) {
        assert!(!permit.failure(bench.now.get()));
    }
    early.for_each(|permit| permit.success(bench.now.get()));
    assert!(bench.fail(1), "the row of four was neither lengthened nor ended");
}

/// The window knows a generation by its last eight bits.
#[test]
fn a_call_from_hundreds_of_openings_ago_changes_nothing() {
    let bench = Bench::with(u32::MAX, Duration::ZERO);
    let early = bench.permit();
    for _ in 0..200 {
        bench.fail(20);
        bench.succeed(1);
    }
    bench.fail(19);
    early.success(bench.now.get());
    assert!(bench.fail(1));
}

#[test]
fn counts_from_hundreds_of_openings_ago_are_forgotten() {
    let bench = Bench::with(u32::MAX, Duration::ZERO);
    bench.fail(19);
    bench.advance(ms(1000));
    for _ in 0..256 {
        while !bench.fail(1) {}
        bench.succeed(1);
    }
    assert!(!bench.fail(19));
    assert!(bench.fail(1));
}

#[test]
fn a_clock_that_goes_back_is_no_panic() {
    let bench = Bench::new();
    let past = bench.now.get() - Duration::from_secs(3600);
    bench.now.set(past);
    bench.succeed(3);
    bench.fail(5);
    bench.sit_out();
    let probe = bench.permit();
    bench.now.set(past);
    bench.refused();
    probe.success(past);
    bench.check(BreakerState::Closed);
}

#[test]
fn a_state_is_its_name_in_metrics() {
    let names = [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen];
    let json = serde_json::to_string(&names).expect("names are JSON");
    assert_eq!(json, r#"["closed","open","half_open"]"#);
}
