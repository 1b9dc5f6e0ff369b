//! A body that is bounded in time: between its chunks, and as a whole.
//!
//! Invariant: what a call holds while its body is read (a permit, a gauge) is let go at the body's end, at its first
//! error, or when the body is dropped, whichever comes first.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::stream::broken;
use crate::error::Place;
use crate::{Body, BoxError, Error, ErrorKind};

/// How long a body may take, and what is held as long as it does.
pub(crate) struct Bounds {
    /// The longest time between two chunks; it runs only while somebody waits for the next one.
    pub(crate) idle: Duration,
    /// When the whole has to be there.
    pub(crate) deadline: Instant,
    /// Where the call went, for the error.
    pub(crate) place: Place,
    /// What is dropped when the body is over.
    #[expect(dead_code, reason = "held, and let go")]
    pub(crate) guard: Box<dyn Any + Send>,
}

/// The same body within bounds; its errors are [`crate::Error`]s that say where the call went.
pub(crate) fn bounded(body: Body, bounds: Bounds) -> Body {
    Body::wrap(Bounded {
        open: Some((body, bounds)),
        timer: None,
        waiting: false,
    })
}

struct Bounded {
    /// Gone when the body is over.
    open: Option<(Body, Bounds)>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the timer runs: the consumer has found nothing since the last chunk.
    waiting: bool,
}

impl Bounded {
    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some((body, bounds)) = &mut self.open else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
            self.waiting = false;
            return Poll::Ready(match frame {
                Some(Ok(_)) if Instant::now() >= bounds.deadline => Some(Err(late(bounds).into())),
                Some(Err(error)) => Some(Err(broken(error).at(bounds.place.clone()).into())),
                frame => frame,
            });
        }
        let timer = match &mut self.timer {
            Some(timer) => timer,
            none => none.insert(Box::pin(sleep_until(next_bound(bounds)))),
        };
        if !self.waiting {
            self.waiting = true;
            timer.as_mut().reset(next_bound(bounds));
        }
        timer.as_mut().poll(cx).map(|()| Some(Err(late(bounds).into())))
    }
}

fn next_bound(bounds: &Bounds) -> Instant {
    match Instant::now().checked_add(bounds.idle) {
        Some(idle) => idle.min(bounds.deadline),
        None => bounds.deadline,
    }
}

fn late(bounds: &Bounds) -> Error {
    let error = if Instant::now() >= bounds.deadline {
        Error::new(
            ErrorKind::DeadlineExceeded,
            "the call's time was over before the body was complete",
        )
    } else {
        let message = format!("the body stood still for {:?}", bounds.idle);
        Error::new(ErrorKind::Timeout, message)
    };
    error.with_may_have_reached_server(true).at(bounds.place.clone())
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = self.poll_inner(cx);
        if let Poll::Ready(None | Some(Err(_))) = &frame {
            self.open = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.open.as_ref().is_none_or(|(body, _)| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.open {
            Some((body, _)) => body.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

#[cfg(test)]
mod tests;
