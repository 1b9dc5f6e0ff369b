//! Why an exchange gave no response, and what the server may have seen of it.

use std::error::Error as StdError;
use std::fmt;

use crate::{BoxError, ErrorKind};

/// What the server may have seen of a request that got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing: refused, no address, no TLS, no connection in time. Any method may be tried again.
    Nothing,
    /// The request, but it says that it did not act on it (HTTP/2 `REFUSED_STREAM`, `GOAWAY`). Any method may be tried again.
    Unprocessed,
    /// Perhaps all of it: reset, closed, truncated. Only idempotent calls may be tried again.
    Perhaps,
}

/// Why an exchange gave no response.
///
/// A middleware may return it to say what the server has seen; any other error counts as [`Sent::Perhaps`].
#[derive(Debug)]
pub struct TransportError {
    sent: Sent,
    source: BoxError,
}

impl TransportError {
    /// An error of this class, with its cause.
    pub fn new(sent: Sent, source: impl Into<BoxError>) -> Self {
        Self {
            sent,
            source: source.into(),
        }
    }

    /// What the server may have seen.
    pub fn sent(&self) -> Sent {
        self.sent
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self.sent {
            Sent::Nothing => ErrorKind::Connect,
            Sent::Unprocessed | Sent::Perhaps => ErrorKind::Transport,
        }
    }

    pub(crate) fn from_box(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(source) => Self {
                sent: Sent::Perhaps,
                source,
            },
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cause: &dyn StdError = &*self.source;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        write!(f, "{cause}")
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
