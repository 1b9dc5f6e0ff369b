//! The body of a scripted reply: chunks, gaps, and its end.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::exchange::failure;
use super::script::Gauge;
use super::step::{End, Piece};
use crate::{Sent, TransportError};

/// The body of a scripted reply.
pub(super) struct ScriptedBody {
    pieces: VecDeque<Piece>,
    end: End,
    gap: Option<Pin<Box<Sleep>>>,
    /// Gone once the body has ended.
    open: Option<Gauge>,
}

impl ScriptedBody {
    pub(super) fn new(pieces: Vec<Piece>, end: End, open: Gauge) -> Self {
        let mut body = Self {
            pieces: pieces.into(),
            end,
            gap: None,
            open: Some(open),
        };
        if body.is_end_stream() {
            body.open = None;
        }
        body
    }

    fn poll_gap(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(gap) = &mut self.gap {
            ready!(gap.as_mut().poll(cx));
            self.gap = None;
        }
        Poll::Ready(())
    }

    fn poll_end(&mut self) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let (kind, message) = match self.end {
            _ if self.open.is_none() => return Poll::Ready(None),
            // Nobody will wake the reader: there is nothing to wake it for.
            End::Stall => return Poll::Pending,
            End::Complete => {
                self.open = None;
                return Poll::Ready(None);
            }
            End::Truncated => (
                io::ErrorKind::UnexpectedEof,
                "the body ended before it was complete",
            ),
            End::Reset => (
                io::ErrorKind::ConnectionReset,
                "the connection was reset within the body",
            ),
        };
        self.open = None;
        Poll::Ready(Some(Err(failure(Sent::Perhaps, kind, message))))
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        loop {
            ready!(self.poll_gap(cx));
            match self.pieces.pop_front() {
                Some(Piece::Chunk(chunk)) => return Poll::Ready(Some(Ok(Frame::data(chunk)))),
                Some(Piece::Gap(time)) => self.gap = Some(Box::pin(sleep(time))),
                None => return self.poll_end(),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.gap.is_none() && (self.end == End::Complete || self.open.is_none())
    }

    /// The exact length where all of it is there at once, as `content-length` would say.
    fn size_hint(&self) -> SizeHint {
        match (self.pieces.front(), self.end) {
            (Some(Piece::Chunk(chunk)), End::Complete) if self.pieces.len() == 1 => {
                SizeHint::with_exact(chunk.len() as u64)
            }
            (None, End::Complete) => SizeHint::with_exact(0),
            _ => SizeHint::default(),
        }
    }
}
