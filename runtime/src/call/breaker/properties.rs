//! What holds after any interleaving, of calls and of threads.

use std::collections::VecDeque;
use std::mem;
use std::sync::Barrier;
use std::sync::atomic::AtomicUsize;
use std::thread;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

const LEASE: Duration = Duration::from_millis(600);
const MAX_OPEN: Duration = Duration::from_secs(8);

const POLICY: BreakerPolicy = BreakerPolicy {
    failures: 3,
    max_open: MAX_OPEN,
};

/// What the callers and the clock do next.
#[derive(Clone, Copy, Debug)]
enum Move {
    Begin,
    Succeed(usize),
    Fail(usize),
    Drop(usize),
    Leak(usize),
    Advance(u64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => Just(Move::Begin),
        2 => any::<usize>().prop_map(Move::Succeed),
        4 => any::<usize>().prop_map(Move::Fail),
        1 => any::<usize>().prop_map(Move::Drop),
        1 => any::<usize>().prop_map(Move::Leak),
        2 => (0_u64..1500).prop_map(Move::Advance),
    ];
    vec(one, 0..80)
}

/// A breaker, the calls that are out, and who may be the probe.
struct World<'a> {
    breaker: &'a Breaker,
    random: &'a Random,
    now: Instant,
    calls: Vec<Permit<'a>>,
    /// When the lease of the last probe ends, unless its call has ended.
    probe: Option<(u32, Instant)>,
}

impl<'a> World<'a> {
    fn apply(&mut self, step: Move) {
        match step {
            Move::Begin => self.begin(),
            Move::Advance(time) => self.now += Duration::from_millis(time),
            Move::Succeed(which) => self.end(which, Permit::success),
            Move::Fail(which) => self.end(which, |permit, now| {
                permit.failure(now);
            }),
            Move::Drop(which) => self.end(which, |permit, _| drop(permit)),
            // Its lease goes on.
            Move::Leak(which) => {
                if let Some(permit) = self.take(which) {
                    mem::forget(permit);
                }
            }
        }
    }

    fn begin(&mut self) {
        let state = self.breaker.state(self.now);
        match self.breaker.admit(&POLICY, self.now, || LEASE, self.random) {
            Ok(permit) => {
                assert_eq!(permit.is_probe(), state == BreakerState::HalfOpen);
                if permit.is_probe() {
                    assert!(
                        self.probe.is_none_or(|(_, ends)| ends <= self.now),
                        "two probes at once"
                    );
                    self.probe = Some((permit.generation, self.now + LEASE));
                }
                self.calls.push(permit);
            }
            Err(refused) => {
                assert_ne!(state, BreakerState::Closed);
                assert!(refused.retry_after > Duration::ZERO);
                assert!(refused.retry_after <= MAX_OPEN);
            }
        }
    }

    fn end(&mut self, which: usize, verdict: impl FnOnce(Permit<'a>, Instant)) {
        let Some(permit) = self.take(which) else { return };
        let before = (self.breaker.state(self.now), self.breaker.generation());
        let generation = permit.generation;
        verdict(permit, self.now);
        if generation != before.1 {
            let after = (self.breaker.state(self.now), self.breaker.generation());
            assert_eq!(
                after, before,
                "an outcome of an older generation changed something"
            );
        }
        if self.probe.is_some_and(|(probe, _)| probe == generation) {
            self.probe = None;
        }
    }

    fn take(&mut self, which: usize) -> Option<Permit<'a>> {
        let count = self.calls.len();
        (count > 0).then(|| self.calls.swap_remove(which % count))
    }
}

/// What a breaker that is closed has seen, kept the simplest way.
#[derive(Default)]
struct Model {
    row: u32,
    calls: VecDeque<(u64, bool)>,
}

impl Model {
    /// Whether this outcome has to open the breaker.
    fn opens(&mut self, second: u64, failed: bool) -> bool {
        self.row = if failed { self.row + 1 } else { 0 };
        self.calls.push_back((second, failed));
        self.calls.retain(|(then, _)| then + 10 > second);
        let failures = self.calls.iter().filter(|(_, failed)| *failed).count();
        let poor = self.calls.len() >= 20 && (self.calls.len() - failures) * 5 < self.calls.len() * 4;
        failed && (self.row >= POLICY.failures || poor)
    }
}

proptest! {
    #![proptest_config(Config::with_cases(10_000))]

    /// Never two probes at once, and nothing that callers do keeps the breaker from another probe.
    #[test]
    fn never_two_probes_and_never_wedged(moves in moves(), seed: u64) {
        let (breaker, random) = (Breaker::new(Arc::default()), Random::from_seed(seed));
        let mut world = World {
            breaker: &breaker,
            random: &random,
            now: Instant::now(),
            calls: Vec::new(),
            probe: None,
        };
        for step in moves {
            world.apply(step);
        }
        let later = world.now + LEASE + MAX_OPEN;
        let permit = breaker.admit(&POLICY, later, || LEASE, &random).expect("a lease and an open time later a call is admitted");
        permit.success(later);
        prop_assert_eq!(breaker.state(later), BreakerState::Closed);
    }

    #[test]
    fn it_opens_exactly_when_the_rules_say(outcomes in vec((0_u64..900, prop::bool::weighted(0.23)), 0..120)) {
        let (breaker, random) = (Breaker::new(Arc::default()), Random::from_seed(0));
        let (mut model, mut passed) = (Model::default(), Duration::ZERO);
        for (pause, failed) in outcomes {
            passed += Duration::from_millis(pause);
            let now = breaker.origin + passed;
            let permit = breaker.admit(&POLICY, now, || LEASE, &random).expect("it is closed");
            let opened = if failed {
                permit.failure(now)
            } else {
                permit.success(now);
                false
            };
            prop_assert_eq!(opened, model.opens(passed.as_secs(), failed));
            if opened {
                break;
            }
        }
    }
}

/// One clock for all threads, which any of them moves.
struct Clock {
    start: Instant,
    millis: AtomicU64,
}

impl Clock {
    fn tick(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(self.millis.fetch_add(millis, Ordering::SeqCst))
    }
}

#[test]
fn threads_never_hold_two_probes_and_leave_nothing_behind() {
    const THREADS: u64 = 8;
    let (breaker, random) = (Breaker::new(Arc::default()), Random::from_seed(3));
    let clock = Clock {
        start: Instant::now(),
        millis: AtomicU64::new(0),
    };
    let (probes, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let opened = AtomicUsize::new(0);
    let long = Duration::from_secs(1_000_000);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut admitted = 0;
                while admitted < 50 {
                    let Ok(permit) = breaker.admit(&POLICY, clock.tick(3), || long, &random) else {
                        // Whoever has the probe is to run: refusals alone open nothing.
                        thread::yield_now();
                        continue;
                    };
                    admitted += 1;
                    if permit.is_probe() {
                        most.fetch_max(probes.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        probes.fetch_sub(1, Ordering::SeqCst);
                    }
                    match random.next_u64() % 4 {
                        0 => drop(permit),
                        1 => permit.success(clock.tick(1)),
                        _ => {
                            opened.fetch_add(usize::from(permit.failure(clock.tick(1))), Ordering::SeqCst);
                        }
                    }
                }
            });
        }
    });
    assert_eq!(most.into_inner(), 1);
    assert!(opened.into_inner() > 10, "it has opened, and closed, often");
    let later = clock.tick(0) + Duration::from_secs(20);
    assert!(breaker.admit(&POLICY, later, || LEASE, &random).is_ok());
}

#[test]
fn of_many_threads_one_is_told_that_it_opened() {
    const THREADS: usize = 8;
    for round in 0..200 {
        let (breaker, random) = (Breaker::new(Arc::default()), Random::from_seed(round));
        let now = Instant::now();
        let (start, opened) = (Barrier::new(THREADS), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let permit = breaker.admit(&POLICY, now, || LEASE, &random);
                    start.wait();
                    let failed = permit.is_ok_and(|permit| permit.failure(now));
                    opened.fetch_add(usize::from(failed), Ordering::SeqCst);
                });
            }
        });
        assert_eq!(opened.into_inner(), 1);
        assert_eq!(breaker.state(now), BreakerState::Open);
    }
}
