//! Publishing many events at once.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::{FuturesUnordered, Stream};

use super::{Publish, Receipt};
use crate::Result;

/// The most events that are on their way at the same time.
const WINDOW: usize = 256;

/// Many events that are about to be published; awaiting it publishes them and gives the outcome of each, in their order.
///
/// They start in their order, at most 256 on their way at the same time.
#[must_use = "events are published by awaiting them"]
pub struct PublishAll(All<Publish>);

/// Many futures, a window of them under way, each polled only when it was woken.
struct All<F: Future> {
    window: FuturesUnordered<Placed<F>>,
    rest: std::vec::IntoIter<F>,
    outcomes: Vec<Option<F::Output>>,
}

/// A future, and its place among the outcomes.
struct Placed<F> {
    place: usize,
    future: F,
}

impl PublishAll {
    pub(in crate::events) fn new(publishes: Vec<Publish>) -> Self {
        Self(All::new(publishes))
    }
}

impl Future for PublishAll {
    type Output = Vec<Result<Receipt>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx)
    }
}

impl<F: Future + Unpin> All<F> {
    fn new(futures: Vec<F>) -> Self {
        Self {
            window: FuturesUnordered::new(),
            outcomes: Vec::with_capacity(futures.len()),
            rest: futures.into_iter(),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Vec<F::Output>> {
        loop {
            self.fill();
            match ready!(Pin::new(&mut self.window).poll_next(cx)) {
                Some((place, outcome)) => self.outcomes[place] = Some(outcome),
                None => return Poll::Ready(self.outcomes.drain(..).flatten().collect()),
            }
        }
    }

    /// Starts the next ones while there is room.
    fn fill(&mut self) {
        let room = WINDOW - self.window.len();
        for future in self.rest.by_ref().take(room) {
            let place = self.outcomes.len();
            self.outcomes.push(None);
            self.window.push(Placed { place, future });
        }
    }
}

impl<F: Future + Unpin> Future for Placed<F> {
    type Output = (usize, F::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Pin::new(&mut self.future).poll(cx));
        Poll::Ready((self.place, outcome))
    }
}

impl fmt::Debug for PublishAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.0.window.len() + self.0.rest.len();
        f.debug_struct("PublishAll")
            .field("left", &left)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use tokio::sync::oneshot;

    use super::*;

    #[derive(Clone, Default)]
    struct Polls {
        count: Rc<Cell<usize>>,
        begun: Rc<RefCell<Vec<usize>>>,
    }

    /// A future that counts how often it is asked, and is done once it is told.
    fn counted(
        polls: &Polls,
        number: usize,
        mut done: oneshot::Receiver<()>,
    ) -> impl Future<Output = usize> + Unpin {
        let (polls, mut is_begun) = (polls.clone(), false);
        std::future::poll_fn(move |cx| {
            polls.count.set(polls.count.get() + 1);
            if !std::mem::replace(&mut is_begun, true) {
                polls.begun.borrow_mut().push(number);
            }
            Pin::new(&mut done).poll(cx).map(|_| number)
        })
    }

    #[tokio::test]
    async fn each_is_polled_only_when_it_was_woken_and_all_start_in_their_order() {
        const COUNT: usize = 3 * WINDOW;
        let polls = Polls::default();
        let (tell, told): (Vec<_>, Vec<_>) = (0..COUNT).map(|_| oneshot::channel()).unzip();
        let futures = told.into_iter().enumerate();
        let mut all = All::new(
            futures
                .map(|(number, told)| counted(&polls, number, told))
                .collect(),
        );
        let telling = async {
            for tell in tell {
                tokio::task::yield_now().await;
                tell.send(()).expect("it waits");
            }
        };
        let (outcomes, ()) = tokio::join!(std::future::poll_fn(|cx| all.poll(cx)), telling);
        assert_eq!(outcomes, (0..COUNT).collect::<Vec<_>>());
        assert_eq!(*polls.begun.borrow(), outcomes);
        assert!(polls.count.get() <= 2 * COUNT, "{} polls", polls.count.get());
    }
}
