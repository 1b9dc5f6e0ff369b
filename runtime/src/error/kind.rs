//! What can go wrong with a call.

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is wrong: a name, a value, a unit.
    Config,
    /// An argument cannot be sent: an empty path segment, an illegal header value.
    Request,
    /// Nobody knows where the service is.
    Discovery,
    /// No connection could be made.
    Connect,
    /// An attempt took longer than it may.
    Timeout,
    /// The whole call took longer than it may, or than whoever called us allows.
    DeadlineExceeded,
    /// The server answered with a status that the method's type does not accept.
    Status,
    /// The server answered with a failed envelope.
    Business,
    /// The reply is not what the method's type says.
    Decode,
    /// The connection broke: reset, truncated, against the protocol.
    Transport,
    /// The breakers of all instances are open.
    CircuitOpen,
    /// Too many calls are waiting for this service.
    Overloaded,
    /// The client is being shut down.
    ShuttingDown,
    /// An event was not published, or nobody knows; [`Error::publish_failure`](crate::Error::publish_failure) says which.
    Publish,
}

impl ErrorKind {
    pub(crate) fn is_local_unavailability(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::CircuitOpen | Self::Overloaded | Self::Discovery | Self::ShuttingDown
        )
    }

    /// The kind as `error.type` of a span and as a label: `deadline_exceeded`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Request => "request",
            Self::Discovery => "discovery",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Status => "status",
            Self::Business => "business",
            Self::Decode => "decode",
            Self::Transport => "transport",
            Self::CircuitOpen => "circuit_open",
            Self::Overloaded => "overloaded",
            Self::ShuttingDown => "shutting_down",
            Self::Publish => "publish",
        }
    }
}
