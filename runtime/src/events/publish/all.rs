//! Publishing many events at once.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Publish, Receipt};
use crate::Result;

/// The most events that are on their way at the same time.
const WINDOW: usize = 256;

/// Many events that are about to be published; awaiting it publishes them and gives the outcome of each, in their order.
///
/// They start in their order, at most 256 on their way at the same time.
#[must_use = "events are published by awaiting them"]
pub struct PublishAll {
    /// Those that are not done, by their place among the outcomes.
    window: Vec<(usize, Publish)>,
    rest: std::vec::IntoIter<Publish>,
    outcomes: Vec<Option<Result<Receipt>>>,
}

impl PublishAll {
    pub(in crate::events) fn new(publishes: Vec<Publish>) -> Self {
        Self {
            window: Vec::new(),
            outcomes: Vec::with_capacity(publishes.len()),
            rest: publishes.into_iter(),
        }
    }

    /// Starts the next ones while there is room.
    fn fill(&mut self) {
        let room = WINDOW - self.window.len();
        for publish in self.rest.by_ref().take(room) {
            self.window.push((self.outcomes.len(), publish));
            self.outcomes.push(None);
        }
    }
}

impl Future for PublishAll {
    type Output = Vec<Result<Receipt>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let all = &mut *self;
        loop {
            all.fill();
            if all.window.is_empty() {
                return Poll::Ready(all.outcomes.drain(..).flatten().collect());
            }
            let before = all.window.len();
            let outcomes = &mut all.outcomes;
            all.window
                .retain_mut(|(place, publish)| match Pin::new(publish).poll(cx) {
                    Poll::Pending => true,
                    Poll::Ready(outcome) => {
                        outcomes[*place] = Some(outcome);
                        false
                    }
                });
            if all.window.len() == before {
                return Poll::Pending;
            }
        }
    }
}

impl fmt::Debug for PublishAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.window.len() + self.rest.len();
        f.debug_struct("PublishAll")
            .field("left", &left)
            .finish_non_exhaustive()
    }
}
