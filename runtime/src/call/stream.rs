//! A body that is read after the call has returned: still bounded in time, still counted by a shutdown.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;
use tokio::time::{Instant, Sleep, sleep_until};

use super::deadline::Deadline;
use crate::client::InFlight;
use crate::transport::{IncomingBody, TransportError};
use crate::{Body, BoxError, Error, ErrorKind};

/// The body, its pauses bounded by `idle` while somebody waits for it, all of it by the deadline.
pub(crate) fn of(body: IncomingBody, idle: Duration, deadline: Deadline, in_flight: Option<InFlight>) -> Body {
    let timer = Box::pin(sleep_until(deadline.at()));
    Body::stream(Timed { body: body.into_body(), idle, deadline, timer, waiting: false, done: false, _in_flight: in_flight })
}

struct Timed {
    body: Body,
    idle: Duration,
    deadline: Deadline,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer runs for the chunk that is waited for.
    waiting: bool,
    done: bool,
    /// What keeps a shutdown waiting.
    _in_flight: Option<InFlight>,
}

impl Stream for Timed {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        let item = ready!(self.poll_chunk(cx));
        self.waiting = false;
        self.done = !matches!(item, Some(Ok(_)));
        Poll::Ready(item)
    }
}

impl Timed {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(broken(error).into()))),
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers are not part of the stream.
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Poll::Pending => return self.poll_timer(cx).map(|error| Some(Err(error.into()))),
            }
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        if !self.waiting {
            self.waiting = true;
            let until = self.deadline.at().min(Instant::now() + self.idle);
            self.timer.as_mut().reset(until);
        }
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(if self.timer.deadline() == self.deadline.at() {
            self.deadline.exceeded()
        } else {
            Error::new(ErrorKind::Timeout, format!("the body stalled: nothing within {:?}", self.idle))
        })
    }
}

fn broken(error: BoxError) -> Error {
    let error = TransportError::from_box(error);
    Error::new(ErrorKind::Transport, format!("the body broke off: {error}")).with_source(error)
}
