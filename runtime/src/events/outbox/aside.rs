//! When is a record tried again that was refused for now?
//!
//! Those that go the same way wait in one line: one of them is tried when it is time, and once it is taken two more for
//! each that is. A million events for a queue that is full cost an attempt a second, and some 20 bytes each: they stay on disk.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use tokio::time::Instant;

use super::record::{Lane, Seq};

/// The ways of a lane that are told apart. Those that share a line by chance wait for one another, and no longer.
const WAYS: u64 = 4096;
/// The longest wait after the first refusal; it doubles up to what the refusal says.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The most of one line that are tried at the same time.
const MOST_OUT: usize = 256;

/// Where an event goes: what is refused for one is likely to be refused for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Way {
    lane: Lane,
    number: u64,
}

/// How long to wait after a refusal.
pub(crate) struct Pause<F> {
    /// The bound of the longest wait.
    pub(crate) most: Duration,
    pub(crate) at_least: Duration,
    /// A wait that is no longer than this one.
    pub(crate) draw: F,
}

/// The records that wait for their time, and those that were handed out once more.
#[derive(Default)]
pub(super) struct Aside {
    lines: HashMap<Way, Line>,
    again: HashMap<Seq, Way>,
}

struct Line {
    /// The numbers of those that wait.
    waiting: BTreeSet<u64>,
    /// Behind the one that was tried last: one that is refused whatever becomes of the others is not for ever the first.
    from: u64,
    /// How many are tried now.
    out: usize,
    /// How many more may be.
    credit: usize,
    due: Instant,
    /// The longest wait after the next refusal.
    longest: Duration,
}

impl Way {
    /// Of the records of a lane with this routing key.
    pub(super) fn of(lane: Lane, key: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let number = hasher.finish() % WAYS;
        Self { lane, number }
    }
}

impl Aside {
    /// Keeps a record until it may be tried again.
    pub(super) fn add(
        &mut self,
        seq: Seq,
        way: Way,
        pause: Pause<impl FnOnce(Duration) -> Duration>,
        now: Instant,
    ) {
        let was_out = self.again.remove(&seq).is_some();
        let is_new = !self.lines.contains_key(&way);
        let line = self.lines.entry(way).or_insert_with(|| Line::new(now));
        line.out -= usize::from(was_out);
        line.waiting.insert(seq.number);
        // The others that are out are refused as well: that is one refusal.
        if is_new || was_out && line.due <= now {
            line.due = now + (pause.draw)(line.longest).max(Duration::from_millis(1));
            line.longest = pause.most.min(line.longest * 2);
            line.credit = 0;
        }
        line.due = line.due.max(now + pause.at_least);
    }

    /// A record is confirmed. Where it was one of these, its line may go on; says whether.
    pub(super) fn pass(&mut self, seq: Seq, now: Instant) -> bool {
        let Some(way) = self.leave(seq) else { return false };
        let Some(line) = self.lines.get_mut(&way) else {
            return false;
        };
        line.credit += 2;
        line.longest = FIRST_PAUSE;
        line.due = now;
        true
    }

    /// A record that was handed out is no longer to be sent; says whether it is one of these, whose line may go on.
    pub(super) fn forget(&mut self, seq: Seq) -> bool {
        self.leave(seq).is_some()
    }

    /// Takes out a record that waits here; says whether it did.
    pub(super) fn withdraw(&mut self, seq: Seq) -> bool {
        if self.again.contains_key(&seq) {
            return false;
        }
        let mut lines = self.lines.iter_mut();
        let found = lines.find_map(|(way, line)| {
            let is_here = way.lane == seq.lane && line.waiting.remove(&seq.number);
            is_here.then_some(*way)
        });
        if let Some(way) = found {
            self.tidy(way);
        }
        found.is_some()
    }

    /// Takes out those that may be tried now.
    pub(super) fn release(&mut self, now: Instant) -> Vec<Seq> {
        let mut released = Vec::new();
        for (way, line) in &mut self.lines {
            while line.due <= now
                && let Some(number) = line.next()
            {
                let seq = Seq {
                    lane: way.lane,
                    number,
                };
                self.again.insert(seq, *way);
                released.push(seq);
            }
        }
        released
    }

    /// When the next may be tried.
    pub(super) fn due(&self) -> Option<Instant> {
        let open = self.lines.values().filter(|line| line.is_open());
        open.map(|line| line.due).min()
    }

    /// One that was handed out is settled; says which way it went.
    fn leave(&mut self, seq: Seq) -> Option<Way> {
        let way = self.again.remove(&seq)?;
        if let Some(line) = self.lines.get_mut(&way) {
            line.out -= 1;
        }
        self.tidy(way);
        Some(way)
    }

    /// A line without records has nothing to say.
    fn tidy(&mut self, way: Way) {
        let is_empty = |line: &Line| line.waiting.is_empty() && line.out == 0;
        if self.lines.get(&way).is_some_and(is_empty) {
            self.lines.remove(&way);
        }
    }
}

impl Line {
    fn new(now: Instant) -> Self {
        Self {
            waiting: BTreeSet::new(),
            from: 0,
            out: 0,
            credit: 0,
            due: now,
            longest: FIRST_PAUSE,
        }
    }

    /// Whether one may be tried once it is due: the first, or those that follow one that was taken.
    fn is_open(&self) -> bool {
        let may_follow = self.credit > 0 && self.out < MOST_OUT;
        !self.waiting.is_empty() && (self.out == 0 || may_follow)
    }

    fn next(&mut self) -> Option<u64> {
        if !self.is_open() {
            return None;
        }
        let behind = self.waiting.range(self.from..).next();
        let number = *behind.or(self.waiting.first())?;
        self.waiting.remove(&number);
        self.from = number + 1;
        self.credit = self.credit.saturating_sub(1);
        self.out += 1;
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn way(number: u64) -> Way {
        let lane = Lane::Normal;
        Way { lane, number }
    }

    fn seq(number: u64) -> Seq {
        let lane = Lane::Normal;
        Seq { lane, number }
    }

    /// Refuses the record, with the longest wait there is.
    fn refuse(aside: &mut Aside, number: u64, way: Way, now: Instant) {
        let pause = Pause {
            most: SECOND,
            at_least: Duration::ZERO,
            draw: |longest| longest,
        };
        aside.add(seq(number), way, pause, now);
    }

    #[test]
    fn one_of_a_line_is_tried_later_and_later_each_time_another_one() {
        let (mut aside, mut now) = (Aside::default(), Instant::now());
        (0..3).for_each(|number| refuse(&mut aside, number, way(1), now));
        let mut tried = Vec::new();
        for millis in [50, 100, 200, 400, 800, 1000, 1000] {
            let due = now + Duration::from_millis(millis);
            assert_eq!(aside.due(), Some(due));
            assert_eq!(aside.release(due - Duration::from_millis(1)), []);
            now = due;
            let [one] = aside.release(now)[..] else {
                panic!("one at a time")
            };
            assert_eq!((aside.due(), aside.release(now + SECOND)), (None, vec![]));
            tried.push(one.number);
            refuse(&mut aside, one.number, way(1), now);
        }
        assert_eq!(tried, [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn once_one_is_taken_the_others_follow_more_and_more() {
        let (mut aside, now) = (Aside::default(), Instant::now());
        (0..1000).for_each(|number| refuse(&mut aside, number, way(1), now));
        let now = now + SECOND;
        let (mut rounds, mut next) = (Vec::new(), 0);
        loop {
            let released = aside.release(now);
            if released.is_empty() {
                break;
            }
            rounds.push(released.len());
            for seq in released {
                assert_eq!(seq.number, next, "in their order");
                next += 1;
                aside.pass(seq, now);
            }
        }
        assert_eq!(rounds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 233]);
        assert!(aside.lines.is_empty() && aside.again.is_empty());
    }

    #[test]
    fn a_line_that_is_refused_keeps_back_no_other() {
        let (mut aside, now) = (Aside::default(), Instant::now());
        for number in 0..1000 {
            refuse(&mut aside, number, way(number % 2), now);
        }
        let mut now = now + SECOND;
        let mut left = 500;
        while left > 0 {
            for seq in aside.release(now) {
                if seq.number % 2 == 0 {
                    refuse(&mut aside, seq.number, way(0), now);
                } else {
                    aside.pass(seq, now);
                    left -= 1;
                }
            }
            now += Duration::from_millis(1);
        }
        assert_eq!((aside.lines.len(), aside.lines[&way(0)].waiting.len()), (1, 500));
    }

    #[test]
    fn what_is_gone_is_forgotten_wherever_it_was() {
        let (mut aside, now) = (Aside::default(), Instant::now());
        refuse(&mut aside, 1, way(1), now);
        refuse(&mut aside, 2, way(1), now);
        assert_eq!(aside.release(now + SECOND), [seq(1)]);
        assert!(!aside.withdraw(seq(1)), "somebody has it");
        assert!(aside.forget(seq(1)) && !aside.forget(seq(1)));
        assert!(aside.withdraw(seq(2)) && !aside.withdraw(seq(3)));
        assert!(aside.lines.is_empty() && aside.again.is_empty());
    }

    #[test]
    fn a_time_that_a_refusal_names_is_kept_to() {
        let (mut aside, now) = (Aside::default(), Instant::now());
        let pause = Pause {
            most: SECOND,
            at_least: 60 * SECOND,
            draw: |longest| longest,
        };
        aside.add(seq(1), way(1), pause, now);
        assert_eq!(aside.due(), Some(now + 60 * SECOND));
    }
}
