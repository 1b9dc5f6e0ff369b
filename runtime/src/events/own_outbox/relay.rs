//! From the application's table to the bus, page by page.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::EventsState;
use super::super::backoff::Backoff;
use super::OutboxSource;
use super::row::{self, Fate};
use crate::client::{InFlight, LONGEST_GRACE, Shared, Shutdown};
use crate::{Error, ErrorKind, Result};

/// Rows on their way at the same time.
const PAGE: usize = 64;
/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the table is looked at where nobody says that there is something.
const LOOK: Duration = Duration::from_secs(1);
/// The longest wait after the first failure; it doubles up to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Publishes what an application has stored; made by [`Events::relay`](crate::Events::relay).
///
/// The oldest first, 64 at a time. An event that cannot be delivered for now, since its target's queue is full, is passed
/// over and tried again after the others, up to 5 s later. While nobody can be reached, or nobody is let in (401), nothing is
/// passed over.
///
/// Dropped, it finishes the page in hand in the background and ends. The shutdown of the client ends it too.
#[must_use = "a relay that is dropped ends"]
pub struct OutboxRelay {
    stop: watch::Sender<bool>,
    news: Arc<Notify>,
    task: JoinHandle<()>,
}

impl OutboxRelay {
    pub(in crate::events) fn start<S: OutboxSource>(shared: &Arc<Shared>, source: S) -> Result<Self> {
        shared.events.bus()?;
        let runtime = Handle::try_current().map_err(|_| {
            let message = "a relay of events: expected to be started inside of a tokio runtime";
            Error::new(ErrorKind::Config, message)
        })?;
        let (stop, news) = (watch::Sender::new(false), Arc::new(Notify::new()));
        let relay = Relay {
            shared: Arc::clone(shared),
            source,
            stop: stop.subscribe(),
            news: Arc::clone(&news),
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
        };
        Ok(Self {
            stop,
            news,
            task: runtime.spawn(relay.run()),
        })
    }

    /// Says that there is something to publish, after a commit; without it the table is looked at every second.
    pub fn wake(&self) {
        self.news.notify_one();
    }

    /// Finishes the page in hand, at most within `grace`, and ends; what is left stays in the table.
    pub async fn shutdown(mut self, grace: Duration) -> Shutdown {
        self.stop.send_replace(true);
        let deadline = Instant::now() + grace.min(LONGEST_GRACE);
        let is_late = timeout_at(deadline, &mut self.task).await.is_err();
        if is_late {
            self.task.abort();
        }
        Shutdown {
            abandoned: usize::from(is_late),
        }
    }
}

impl Drop for OutboxRelay {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl fmt::Debug for OutboxRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxRelay").finish_non_exhaustive()
    }
}

struct Relay<S> {
    shared: Arc<Shared>,
    source: S,
    stop: watch::Receiver<bool>,
    news: Arc<Notify>,
    backoff: Backoff,
}

/// How far a page came.
enum Page<Row> {
    /// There was none.
    End,
    /// All of it is settled.
    Done { last: Row },
    /// Something is left, and not to be tried again sooner than that.
    Left {
        last: Row,
        at_least: Duration,
        is_all: bool,
    },
    /// What is left was not even asked about: nothing is wrong with these rows, and their order is kept.
    Shut { at_least: Duration },
}

/// What became of the rows of a page.
struct Sent<Row> {
    published: Vec<Row>,
    refused: Vec<(Row, String)>,
    /// How long the others are to wait at least; `None` where there are none.
    left: Option<Duration>,
    /// Whether none of those was even asked about.
    are_shut: bool,
}

/// Where the relay is in a table in which it has left rows behind.
struct Walk<Row> {
    after: Row,
    at_least: Duration,
}

impl<S: OutboxSource> Relay<S> {
    async fn run(mut self) {
        let mut walk = None;
        while !*self.stop.borrow() {
            // The shutdown of the client waits for the page, and ends the relay before the next.
            let Ok(admitted) = self.shared.admission.enter() else {
                return;
            };
            let after = walk.as_ref().map(|walk: &Walk<S::Row>| walk.after.clone());
            match self.relay_page(after, admitted.into_owned()).await {
                Ok(page) => walk = self.next(walk, page).await,
                Err(error) => {
                    self.log_unusable(error.into().as_ref());
                    self.back_off(Duration::ZERO).await;
                }
            }
        }
    }

    /// Waits as the page asks for, and says where the next one begins: what is left is passed over, and tried again once
    /// the others had their turn.
    async fn next(&mut self, walk: Option<Walk<S::Row>>, page: Page<S::Row>) -> Option<Walk<S::Row>> {
        match (page, walk) {
            (Page::End, None) => {
                self.rest(LOOK).await;
                None
            }
            (Page::End, Some(walk)) => {
                self.back_off(walk.at_least).await;
                None
            }
            (Page::Done { last }, walk) => walk.map(|walk| Walk { after: last, ..walk }),
            (
                Page::Left {
                    last,
                    at_least,
                    is_all,
                },
                walk,
            ) if !is_all => {
                let before = walk.map_or(Duration::ZERO, |walk| walk.at_least);
                Some(Walk {
                    after: last,
                    at_least: at_least.max(before),
                })
            }
            (Page::Left { last, at_least, .. }, walk) => {
                self.back_off(at_least).await;
                let at_least = walk.map_or(Duration::ZERO, |walk| walk.at_least);
                Some(Walk {
                    after: last,
                    at_least,
                })
            }
            (Page::Shut { at_least }, _) => {
                self.back_off(at_least).await;
                None
            }
        }
    }

    fn is_up(&self) -> bool {
        let bus = self.shared.events.bus();
        bus.is_ok_and(|bus| bus.seen() == EventsState::Up)
    }

    async fn relay_page(
        &mut self,
        after: Option<S::Row>,
        _admitted: InFlight,
    ) -> Result<Page<S::Row>, S::Error> {
        let rows = self.source.page(after, PAGE).await?;
        let Some(last) = rows.last().map(|(row, _)| row.clone()) else {
            return Ok(Page::End);
        };
        let Sent {
            published,
            refused,
            left,
            are_shut,
        } = self.send(rows).await;
        let is_all = published.is_empty() && refused.is_empty();
        if !published.is_empty() {
            self.source.published(published).await?;
        }
        for (row, reason) in refused {
            self.log_refused(&reason);
            self.source.refused(row, reason).await?;
        }
        if !is_all {
            self.backoff.begin_anew();
        }
        Ok(match left {
            None => Page::Done { last },
            Some(at_least) if are_shut || is_all && !self.is_up() => Page::Shut { at_least },
            Some(at_least) => Page::Left {
                last,
                at_least,
                is_all,
            },
        })
    }

    /// Publishes the rows at the same time.
    async fn send(&self, rows: Vec<(S::Row, Vec<u8>)>) -> Sent<S::Row> {
        let deadline = Instant::now() + PATIENCE;
        let mut sending: FuturesUnordered<_> = rows
            .into_iter()
            .map(async |(row, bytes)| (row, row::publish(&self.shared, bytes, deadline).await))
            .collect();
        let mut sent = Sent {
            published: Vec::new(),
            refused: Vec::new(),
            left: None,
            are_shut: true,
        };
        while let Some((row, fate)) = sending.next().await {
            match fate {
                Fate::Published => sent.published.push(row),
                Fate::Refused(reason) => sent.refused.push((row, reason)),
                Fate::Left { at_least, is_shut } => {
                    sent.left = sent.left.max(Some(at_least));
                    sent.are_shut &= is_shut;
                }
            }
        }
        sent
    }

    async fn back_off(&mut self, at_least: Duration) {
        let pause = self.backoff.next(&self.shared.random).max(at_least);
        // News are of other rows, and no reason to hurry; they are not lost.
        let stopped = self.stop.wait_for(|is_stopping| *is_stopping);
        let _ = timeout(pause, stopped).await;
    }

    fn log_unusable(&self, error: &(dyn std::error::Error + 'static)) {
        if self.shared.logging {
            tracing::error!(target: "trunkline::event", error, "the application's outbox cannot be read or written");
        }
    }

    fn log_refused(&self, reason: &str) {
        if self.shared.logging {
            tracing::error!(target: "trunkline::event", reason, "a stored event can never be published");
        }
    }

    /// Until there is news, or it is time to look again, or the relay is to end.
    async fn rest(&mut self, time: Duration) {
        self.backoff.begin_anew();
        let news = Arc::clone(&self.news);
        let mut stopped = pin!(self.stop.wait_for(|is_stopping| *is_stopping));
        let mut told = pin!(news.notified());
        let first = poll_fn(|cx| {
            let is_stopped = stopped.as_mut().poll(cx).is_ready();
            if is_stopped || told.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            Poll::Pending
        });
        let _ = timeout(time, first).await;
    }
}
