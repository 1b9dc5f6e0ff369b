//! When a failed event is tried again.

use std::time::Duration;

use crate::{Error, ErrorKind};

/// The retries that follow the first attempt at once.
const IMMEDIATE: u32 = 2;

/// The most steps, each of which is a queue.
pub(crate) const MOST_STEPS: usize = 16;

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

const DEFAULT: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(600),
];

/// One attempt, two retries at once, and one after each step.
#[derive(Clone, Debug)]
pub(crate) struct Ladder(Vec<Duration>);

/// What comes after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    AtOnce,
    After(Duration),
    Never,
}

impl Ladder {
    /// # Errors
    /// `Config` for more than 16 steps, and for one outside of 1 ms to 24 h.
    pub(crate) fn new(steps: Vec<Duration>) -> Result<Self, Error> {
        if steps.len() > MOST_STEPS {
            let count = steps.len();
            return Err(wrong(&format!("{count} steps: expected at most {MOST_STEPS}")));
        }
        match steps.iter().find(|step| !(SHORTEST..=LONGEST).contains(step)) {
            Some(step) => Err(wrong(&format!("a step of {step:?}: expected 1 ms to 24 h"))),
            None => Ok(Self(steps)),
        }
    }

    pub(crate) fn steps(&self) -> &[Duration] {
        &self.0
    }

    /// What comes after this failed attempt, counted from 1.
    pub(crate) fn after(&self, attempt: u32) -> Next {
        if attempt <= IMMEDIATE {
            return Next::AtOnce;
        }
        let step = usize::try_from(attempt - IMMEDIATE - 1)
            .ok()
            .and_then(|index| self.0.get(index));
        step.map_or(Next::Never, |step| Next::After(*step))
    }

    /// The same where the handler says how long to wait: the first step that is as long, else the longest.
    pub(crate) fn after_at_least(&self, attempt: u32, delay: Duration) -> Next {
        if self.after(attempt) == Next::Never {
            return Next::Never;
        }
        let as_long = self.0.iter().filter(|step| **step >= delay).min();
        as_long
            .or(self.0.iter().max())
            .map_or(Next::AtOnce, |step| Next::After(*step))
    }
}

impl Default for Ladder {
    fn default() -> Self {
        Self(DEFAULT.to_vec())
    }
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Config, format!("ladder of {message}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn seven_attempts_at_the_times_of_the_ladder() {
        let ladder = Ladder::default();
        let nexts: Vec<Next> = (1..=8).map(|attempt| ladder.after(attempt)).collect();
        let waits = DEFAULT.map(Next::After);
        assert_eq!(nexts[..2], [Next::AtOnce; 2]);
        assert_eq!(nexts[2..6], waits);
        assert_eq!(nexts[6..], [Next::Never; 2]);
        assert_eq!(ladder.after(u32::MAX), Next::Never);
    }

    #[test]
    fn a_handlers_own_wait_is_rounded_to_a_step() {
        let ladder = Ladder::default();
        let check = |attempt: u32, delay: Duration, expected: Next| {
            assert_eq!(
                ladder.after_at_least(attempt, delay),
                expected,
                "{attempt} {delay:?}"
            );
        };
        check(1, Duration::ZERO, Next::After(SECOND));
        check(1, SECOND, Next::After(SECOND));
        check(6, 2 * SECOND, Next::After(10 * SECOND));
        check(1, Duration::MAX, Next::After(600 * SECOND));
        check(7, SECOND, Next::Never);
    }

    #[test]
    fn steps_are_bounded() {
        assert!(Ladder::new(vec![SECOND; 16]).is_ok());
        assert!(Ladder::new(vec![SECOND; 17]).is_err());
        assert!(Ladder::new(vec![Duration::ZERO]).is_err());
        let error = Ladder::new(vec![Duration::MAX]).expect_err("too long");
        assert_eq!(error.kind(), ErrorKind::Config);
    }

    proptest! {
        #[test]
        fn there_are_three_attempts_and_one_for_each_step(millis in prop::collection::vec(1_u64..86_400_000, 0..=16)) {
            let steps: Vec<Duration> = millis.into_iter().map(Duration::from_millis).collect();
            let ladder = Ladder::new(steps.clone()).expect("legal");
            let nexts = (1..100).map(|attempt| ladder.after(attempt));
            let nexts: Vec<Next> = nexts.take_while(|next| *next != Next::Never).collect();
            prop_assert_eq!(nexts.len() + 1, 3 + steps.len());
            let waits: Vec<Duration> = nexts
                .iter()
                .filter_map(|next| match next {
                    Next::After(step) => Some(*step),
                    Next::AtOnce | Next::Never => None,
                })
                .collect();
            prop_assert_eq!(waits, steps);
        }

        #[test]
        fn an_own_wait_never_adds_an_attempt(attempt in 1_u32..30, delay in 0_u64..1_000_000) {
            let ladder = Ladder::default();
            let own = ladder.after_at_least(attempt, Duration::from_millis(delay));
            prop_assert_eq!(own == Next::Never, ladder.after(attempt) == Next::Never);
        }
    }
}
