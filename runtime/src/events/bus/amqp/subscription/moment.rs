//! How long what is settled may wait for more, to be told together.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// Shorter than anybody would notice, and long enough for a group where many come. What a crash brings again is more by
/// what was handled within it.
const MOMENT: Duration = Duration::from_millis(5);

/// The moment after the first that waits.
pub(super) struct Moment {
    end: Pin<Box<Sleep>>,
    has_begun: bool,
}

impl Moment {
    pub(super) fn new() -> Self {
        Self {
            end: Box::pin(sleep(MOMENT)),
            has_begun: false,
        }
    }

    /// Something waits: the moment begins, unless it has.
    pub(super) fn begin(&mut self) {
        if !self.has_begun {
            self.has_begun = true;
            self.end.as_mut().reset(Instant::now() + MOMENT);
        }
    }

    /// Nothing waits any more.
    pub(super) fn stop(&mut self) {
        self.has_begun = false;
    }

    /// Whether it has begun and is over.
    pub(super) fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.has_begun && self.end.as_mut().poll(cx).is_ready()
    }
}
