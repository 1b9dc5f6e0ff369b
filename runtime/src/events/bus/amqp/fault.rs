//! Why something over the network did not work, and how it is counted.

use std::fmt;
use std::time::Duration;

use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};

/// Why a connection, a channel or a declaration came to nothing.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) cause: Cause,
    pub(super) text: String,
}

/// What reconnects are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// Nobody is there.
    Unreachable,
    /// Somebody is there and does not answer in time.
    Mute,
    /// User, password, virtual host or permission.
    Refused,
    /// The stream ended, or what came was not understood.
    Lost,
    /// Nothing came for two heartbeats.
    Silent,
    /// The broker or its operator closed the connection.
    Closed,
    /// The broker closed a channel, or cancelled a consumer.
    Channel,
    /// So it did since an exchange or a queue is not there.
    Missing,
    /// No confirm came in time.
    Unconfirmed,
    /// An exchange or a queue is there with other arguments, or is missing and not to be made.
    Conflict,
}

impl Cause {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Mute => "mute",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::Silent => "silent",
            Self::Closed => "closed",
            Self::Channel => "channel",
            Self::Missing => "missing",
            Self::Unconfirmed => "unconfirmed",
            Self::Conflict => "conflict",
        }
    }

    /// How long to wait at least: what an operator has to change is not changed in a second.
    pub(super) fn pause(self) -> Duration {
        match self {
            Self::Refused | Self::Conflict => Duration::from_secs(5),
            Self::Unreachable
            | Self::Mute
            | Self::Lost
            | Self::Silent
            | Self::Closed
            | Self::Channel
            | Self::Missing
            | Self::Unconfirmed => Duration::ZERO,
        }
    }
}

impl Fault {
    pub(super) fn new(cause: Cause, text: impl Into<String>) -> Self {
        Self {
            cause,
            text: text.into(),
        }
    }

    /// Of a channel that declares nothing: no arguments are in conflict there. A broker closes it under the same code where
    /// acknowledgements are late, and nobody has to change anything before the next one.
    pub(super) fn of_work(self) -> Self {
        match self.cause {
            Cause::Conflict => Self::new(Cause::Channel, self.text),
            Cause::Unreachable
            | Cause::Mute
            | Cause::Refused
            | Cause::Lost
            | Cause::Silent
            | Cause::Closed
            | Cause::Channel
            | Cause::Missing
            | Cause::Unconfirmed => self,
        }
    }

    pub(super) fn mute(what: &str, limit: Duration) -> Self {
        Self::new(Cause::Mute, format!("{what}: no answer within {limit:?}"))
    }
}

impl From<lapin::Error> for Fault {
    fn from(error: lapin::Error) -> Self {
        let cause = match error.kind() {
            lapin::ErrorKind::ProtocolError(said) => match said.kind() {
                AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED)
                | AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => Cause::Refused,
                AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => Cause::Conflict,
                AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND) => Cause::Missing,
                AMQPErrorKind::Soft(_) => Cause::Channel,
                AMQPErrorKind::Hard(_) => Cause::Closed,
            },
            lapin::ErrorKind::InvalidChannelState(..) | lapin::ErrorKind::InvalidChannel(_) => Cause::Channel,
            lapin::ErrorKind::MissingHeartbeatError => Cause::Silent,
            _ => Cause::Lost,
        };
        Self::new(cause, error.to_string())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
