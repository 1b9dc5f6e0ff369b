//! How is a body read into memory? In one piece where it came in one, never more than allowed, never for ever.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::timer::Pauses;
use crate::reply::SEARCHED;
use crate::transport::{IncomingBody, TransportError};

/// Why a body could not be read to its end.
pub(crate) enum Unreadable {
    /// Nothing came until this point in time.
    TimedOut(Instant),
    Broken(TransportError),
    TooLarge,
}

/// The next piece of a body, `None` at its end.
fn poll_chunk(
    body: &mut IncomingBody,
    pauses: &mut Pauses<'_>,
    cx: &mut Context<'_>,
) -> Poll<Result<Option<Bytes>, Unreadable>> {
    if let Poll::Ready(chunk) = body.poll_chunk(cx) {
        pauses.end();
        return Poll::Ready(chunk.map_err(Unreadable::Broken));
    }
    pauses.poll_end(cx).map(|at| Err(Unreadable::TimedOut(at)))
}

/// The whole body, at most `max` bytes of it.
pub(crate) fn whole(
    body: &mut IncomingBody,
    max: usize,
    pauses: &mut Pauses<'_>,
) -> impl Future<Output = Result<Bytes, Unreadable>> {
    let expected = usize::try_from(body.size_hint()).unwrap_or(usize::MAX);
    let mut pieces = Pieces::None;
    poll_fn(move |cx| {
        if expected > max {
            return Poll::Ready(Err(Unreadable::TooLarge));
        }
        while !pieces.are_all(body) {
            let chunk = match poll_chunk(body, pauses, cx) {
                Poll::Ready(Ok(Some(chunk))) => chunk,
                Poll::Ready(Ok(None)) => break,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            };
            if pieces.len() + chunk.len() > max {
                return Poll::Ready(Err(Unreadable::TooLarge));
            }
            pieces.add(chunk, expected);
        }
        Poll::Ready(Ok(std::mem::replace(&mut pieces, Pieces::None).together()))
    })
}

/// The pieces of a body so far: one stays as it is, several are copied together.
enum Pieces {
    None,
    One(Bytes),
    Several(BytesMut),
}

impl Pieces {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(bytes) => bytes.len(),
            Self::Several(buffer) => buffer.len(),
        }
    }

    /// Whether nobody need ask for another piece.
    fn are_all(&self, body: &IncomingBody) -> bool {
        !matches!(self, Self::None) && body.is_over()
    }

    /// `expected` is how long all of them are, as far as that is known.
    fn add(&mut self, chunk: Bytes, expected: usize) {
        match self {
            Self::None => *self = Self::One(chunk),
            Self::One(first) => {
                let mut buffer = BytesMut::with_capacity(expected.max(first.len() + chunk.len()));
                buffer.extend_from_slice(first);
                buffer.extend_from_slice(&chunk);
                *self = Self::Several(buffer);
            }
            Self::Several(buffer) => buffer.extend_from_slice(&chunk),
        }
    }

    fn together(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Several(buffer) => buffer.freeze(),
        }
    }
}

/// The beginning of a body that is no value: what an error says, and enough to use the connection again.
pub(crate) async fn beginning(body: &mut IncomingBody, pauses: &mut Pauses<'_>) -> Bytes {
    let mut buffer = BytesMut::new();
    // A body that breaks off is still the best description that there is of the status before it.
    while let Ok(Some(chunk)) = poll_fn(|cx| poll_chunk(body, pauses, cx)).await {
        let room = SEARCHED - buffer.len();
        buffer.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if buffer.len() == SEARCHED {
            break;
        }
    }
    buffer.freeze()
}
