//! What becomes of a reply: the one seam between the pipeline, which knows bytes, and the method's type.

use http::StatusCode;

use crate::reply::{Outcome, Reply};
use crate::{Body, Error, ErrorKind};

/// Whoever waits for the reply; not generic, so that the pipeline is compiled once.
pub(crate) trait Reader: Send {
    /// What it waits for.
    fn wants(&self) -> Wants;
    /// Takes the reply.
    fn read(&mut self, reply: Reply<Body>) -> Result<(), Error>;
}

/// What a method's type says of the replies that it stands for.
#[derive(Clone, Copy)]
pub(crate) struct Wants {
    /// Which statuses are a value.
    pub(crate) accepts: fn(StatusCode) -> bool,
    /// Whether the body is handed over unread.
    pub(crate) streamed: bool,
}

/// The place of an outcome that is still to come.
pub(crate) struct Slot<R>(Option<R>);

impl<R: Outcome> Slot<R> {
    pub(crate) fn new() -> Self {
        Self(None)
    }

    /// The outcome, when the pipeline has come to its end.
    pub(crate) fn into_outcome(self, end: Result<(), Error>) -> R {
        match (end, self.0) {
            (Ok(()), Some(value)) => value,
            (Ok(()), None) => R::from_error(Error::new(ErrorKind::Decode, "the reply was not read")),
            (Err(error), _) => R::from_error(error),
        }
    }
}

impl<R: Outcome> Reader for Slot<R> {
    fn wants(&self) -> Wants {
        Wants {
            accepts: R::accepts,
            streamed: R::STREAMED,
        }
    }

    fn read(&mut self, reply: Reply<Body>) -> Result<(), Error> {
        self.0 = Some(R::from_reply(reply)?);
        Ok(())
    }
}
