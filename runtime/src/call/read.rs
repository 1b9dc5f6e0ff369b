//! What becomes of a reply: the one seam between the pipeline, which knows bytes, and the method's type.

use http::StatusCode;

use crate::reply::{FromReply, Reply};
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

/// The place of a value that is still to come.
pub(crate) struct Slot<T>(Option<T>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// The value, which is there when the pipeline has said that it is.
    pub(crate) fn into_value(self) -> Result<T, Error> {
        self.0.ok_or_else(|| Error::new(ErrorKind::Decode, "the reply was not read"))
    }
}

impl<T: FromReply> Reader for Slot<T> {
    fn wants(&self) -> Wants {
        Wants { accepts: T::accepts, streamed: T::STREAMED }
    }

    fn read(&mut self, reply: Reply<Body>) -> Result<(), Error> {
        self.0 = Some(T::from_reply(reply)?);
        Ok(())
    }
}
