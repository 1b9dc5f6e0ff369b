//! How is a body read into memory? In one piece where it came in one, never more than allowed, never for ever.

use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, Sleep};

use super::timer::within_idle;
use crate::error::BODY_LIMIT;
use crate::transport::{IncomingBody, TransportError};

/// How long a body may take.
pub(crate) struct Limits<'a> {
    /// The longest pause between two chunks.
    pub(crate) idle: Duration,
    pub(crate) deadline: Instant,
    pub(crate) timer: Pin<&'a mut Sleep>,
}

/// Why a body could not be read to its end.
pub(crate) enum Unreadable {
    /// Nothing came until this point in time.
    TimedOut(Instant),
    Broken(TransportError),
    TooLarge,
}

impl Limits<'_> {
    async fn chunk(&mut self, body: &mut IncomingBody) -> Result<Option<Bytes>, Unreadable> {
        let chunk = pin!(body.chunk());
        match within_idle(self.timer.as_mut(), self.idle, self.deadline, chunk).await {
            Some(chunk) => chunk.map_err(Unreadable::Broken),
            None => Err(Unreadable::TimedOut(self.timer.deadline())),
        }
    }
}

/// The whole body, at most `max` bytes of it.
pub(crate) async fn whole(
    body: &mut IncomingBody,
    max: usize,
    limits: &mut Limits<'_>,
) -> Result<Bytes, Unreadable> {
    let expected = body.size_hint();
    if expected > max as u64 {
        return Err(Unreadable::TooLarge);
    }
    let Some(first) = limits.chunk(body).await? else {
        return Ok(Bytes::new());
    };
    if first.len() > max {
        return Err(Unreadable::TooLarge);
    }
    if body.is_over() {
        return Ok(first);
    }
    let Some(second) = limits.chunk(body).await? else {
        return Ok(first);
    };
    let capacity = usize::try_from(expected)
        .unwrap_or(max)
        .max(first.len() + second.len());
    let mut buffer = BytesMut::with_capacity(capacity);
    buffer.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if buffer.len() + chunk.len() > max {
            return Err(Unreadable::TooLarge);
        }
        buffer.extend_from_slice(&chunk);
        next = limits.chunk(body).await?;
    }
    Ok(buffer.freeze())
}

/// The beginning of a body that is no value: what an error shows, and enough to use the connection again.
pub(crate) async fn beginning(body: &mut IncomingBody, limits: &mut Limits<'_>) -> Bytes {
    let mut buffer = BytesMut::new();
    // A body that breaks off is still the best description that there is of the status before it.
    while let Ok(Some(chunk)) = limits.chunk(body).await {
        let room = BODY_LIMIT - buffer.len();
        buffer.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if buffer.len() == BODY_LIMIT {
            break;
        }
    }
    buffer.freeze()
}
