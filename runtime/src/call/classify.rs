//! What does an attempt's outcome mean: could the server have acted, and is the instance to blame?

use http::StatusCode;

use super::attempt::Outcome;
use super::retry;

/// Every outcome of an attempt is exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// An answer that another try would not change.
    Answered,
    /// An answer that may pass: 408, 425, 429, 500, 502, 503, 504, or one that the policy names.
    Responded,
    /// The server says that it did not act: 429 or 503 with a `Retry-After` that says when, an HTTP/2 stream that it refused.
    Unprocessed,
    /// Nothing of the request left this process.
    NotSent,
    /// Nobody knows: reset, closed, timed out after sending.
    Ambiguous,
}

/// What an attempt says about its instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Success,
    Failure,
    /// Nothing: somebody else's deadline ended it.
    None,
}

impl Class {
    pub(crate) fn of(outcome: &Outcome, on: &[StatusCode]) -> Self {
        match outcome {
            Err(failed) => failed.class,
            Ok(answered) => match answered.status.as_u16() {
                429 | 503 if retry::hint(&answered.headers).is_some() => Self::Unprocessed,
                408 | 425 | 429 | 500 | 502 | 503 | 504 => Self::Responded,
                _ if on.contains(&answered.status) => Self::Responded,
                _ => Self::Answered,
            },
        }
    }

    /// Whether a call of this class may be made again.
    pub(crate) fn may_repeat(self, idempotent: bool) -> bool {
        match self {
            Self::NotSent | Self::Unprocessed => true,
            Self::Responded | Self::Ambiguous => idempotent,
            Self::Answered => false,
        }
    }

    /// Whether the server may have acted on the request.
    pub(crate) fn may_have_reached(self) -> bool {
        match self {
            Self::NotSent | Self::Unprocessed => false,
            Self::Answered | Self::Responded | Self::Ambiguous => true,
        }
    }
}

impl Verdict {
    /// A server that answers is well unless it says otherwise; no 4xx counts against it.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Ok(answered) if answered.status.is_server_error() => Self::Failure,
            Ok(_) => Self::Success,
            Err(failed) if !failed.blames_instance => Self::None,
            Err(_) => Self::Failure,
        }
    }
}
