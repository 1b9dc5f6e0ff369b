//! What becomes of a reply: the one seam between the pipeline, which knows bytes, and the method's type.

use http::StatusCode;

use crate::reply::{FromReply, Reply};
use crate::{Body, Error};

/// Whoever waits for the reply; not generic, so that the pipeline is compiled once.
pub(crate) trait Reader: Send {
    /// Whether this status is a value.
    fn accepts(&self, status: StatusCode) -> bool;
    /// Whether the body is handed over unread.
    fn is_streamed(&self) -> bool;
    /// Takes the reply.
    fn read(&mut self, reply: Reply<Body>) -> Result<(), Error>;
}

/// The place of a value that is still to come.
pub(crate) struct Slot<T>(pub(crate) Option<T>);

impl<T: FromReply> Reader for Slot<T> {
    fn accepts(&self, status: StatusCode) -> bool {
        T::accepts(status)
    }

    fn is_streamed(&self) -> bool {
        T::STREAMED
    }

    fn read(&mut self, reply: Reply<Body>) -> Result<(), Error> {
        self.0 = Some(T::from_reply(reply)?);
        Ok(())
    }
}
