//! What a method may return as a whole: a `Result`.

use http::StatusCode;

use super::{FromReply, Reply};
use crate::{Body, Error};

/// The return type of a method: `Result<T, E>` with `T: FromReply` and `E: From<trunkline::Error>`.
#[diagnostic::on_unimplemented(
    message = "a method of a service cannot return `{Self}`",
    label = "this is not a `Result<T, E>` with `E: From<trunkline::Error>`",
    note = "return `trunkline::Result<T>`, or a `Result<T, E>` of your own with `impl From<trunkline::Error> for E`"
)]
pub trait Outcome: Sized + Send {
    /// Whether the body is handed over as it comes in, and not read first.
    const STREAMED: bool;

    /// Whether a reply of this status is a value.
    fn accepts(status: StatusCode) -> bool;

    /// Reads a reply; the error has no place yet.
    fn from_reply(reply: Reply<Body>) -> Result<Self, Error>;

    /// The outcome of a call that failed.
    fn from_error(error: Error) -> Self;
}

impl<T: FromReply + Send, E: From<Error> + Send> Outcome for Result<T, E> {
    const STREAMED: bool = T::STREAMED;

    fn accepts(status: StatusCode) -> bool {
        T::accepts(status)
    }

    fn from_reply(reply: Reply<Body>) -> Result<Self, Error> {
        T::from_reply(reply).map(Ok)
    }

    fn from_error(error: Error) -> Self {
        Err(error.into())
    }
}
