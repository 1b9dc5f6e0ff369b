//! Whether the bus can be asked at all, as far as its refusals tell: while it cannot, one record at a time is tried.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::shared::lock;

/// The longest wait before the first look whether it is back; it doubles up to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Open as long as somebody answers.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Open,
    Closed {
        until: Instant,
        longest: Duration,
    },
    /// One is on its way.
    Trying {
        longest: Duration,
    },
}

impl Gate {
    /// Waits until records may be taken; says how many, at most so many.
    pub(super) async fn room(&self, most: usize) -> usize {
        loop {
            let state = *lock(&self.state);
            match state {
                State::Open => return most,
                State::Closed { until, .. } if until <= Instant::now() => return 1,
                // Either end is a reason to look again.
                State::Closed { until, .. } => drop(timeout_at(until, self.changed.notified()).await),
                State::Trying { .. } => self.changed.notified().await,
            }
        }
    }

    /// What was taken goes out.
    pub(super) fn sends(&self) {
        let mut state = lock(&self.state);
        if let State::Closed { longest, .. } = *state {
            *state = State::Trying { longest };
        }
    }

    /// Somebody answered.
    pub(super) fn open(&self) {
        *lock(&self.state) = State::Open;
        self.changed.notify_one();
    }

    /// What was tried told nothing: the next is tried at once.
    pub(super) fn ask_again(&self) {
        let mut state = lock(&self.state);
        if let State::Trying { longest } = *state {
            let until = Instant::now();
            *state = State::Closed { until, longest };
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Nobody did; `draw` gives a wait that is no longer than this one.
    pub(super) fn close(&self, draw: impl FnOnce(Duration) -> Duration) {
        let mut state = lock(&self.state);
        let longest = match *state {
            State::Open => FIRST_PAUSE,
            State::Trying { longest } => LONGEST_PAUSE.min(longest * 2),
            State::Closed { .. } => return,
        };
        let until = Instant::now() + draw(longest);
        *state = State::Closed { until, longest };
        drop(state);
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_shut(gate: &Gate) -> bool {
        timeout_at(Instant::now() + 60 * LONGEST_PAUSE, gate.room(9))
            .await
            .is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_tried_at_a_time_later_and_later_until_somebody_answers() {
        let gate = Gate::default();
        assert_eq!(gate.room(9).await, 9);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            gate.close(|longest| longest);
            gate.close(|_| Duration::MAX);
            let started = Instant::now();
            assert_eq!(gate.room(9).await, 1);
            assert_eq!(gate.room(9).await, 1, "it has taken nothing so far");
            pauses.push(started.elapsed().as_millis());
            gate.sends();
            assert!(is_shut(&gate).await);
        }
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1000, 1000]);
        gate.ask_again();
        assert_eq!(gate.room(9).await, 1, "at once, and one");
        gate.open();
        assert_eq!(gate.room(9).await, 9);
    }
}
