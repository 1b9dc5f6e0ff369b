//! How a handler says that it did not do its work.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::BoxError;

/// Why a handler did not handle an event, and what is to become of it.
///
/// Any [`std::error::Error`] becomes `Retry` by `?`, which is why this type is none itself. What is none either, such as
/// `anyhow::Error` or a boxed error, goes through [`HandlerError::retry`].
///
/// ```
/// use trunkline::HandlerError;
///
/// fn quantity(text: &str) -> Result<u32, HandlerError> {
///     if text.is_empty() {
///         return Err(HandlerError::reject("no quantity"));
///     }
///     Ok(text.parse()?)
/// }
///
/// assert!(matches!(quantity("x"), Err(HandlerError::Retry(_))));
/// assert!(matches!(quantity(""), Err(HandlerError::Reject(_))));
/// ```
#[derive(Debug)]
pub enum HandlerError {
    /// It may work the next time: at once, then after each step of the ladder.
    Retry(BoxError),
    /// It may work after this time. It comes again after the first step of the ladder that is as long, else after the
    /// longest; each time counts as an attempt.
    RetryAfter(Duration),
    /// It will never work: the event is a dead letter at once, with this reason.
    Reject(Cow<'static, str>),
}

impl HandlerError {
    /// [`Retry`](Self::Retry) for what is not a [`std::error::Error`]: a text, a boxed error.
    pub fn retry(error: impl Into<BoxError>) -> Self {
        Self::Retry(error.into())
    }

    /// [`Reject`](Self::Reject) with this reason.
    pub fn reject(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Reject(reason.into())
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self::Retry(Box::new(error))
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(error) => {
                write!(f, "{error}")?;
                let mut source = error.source();
                while let Some(cause) = source {
                    write!(f, ": {cause}")?;
                    source = cause.source();
                }
                Ok(())
            }
            Self::RetryAfter(delay) => write!(f, "to be tried again after {delay:?}"),
            Self::Reject(reason) => f.write_str(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_its_causes() {
        let error = crate::Error::new(crate::ErrorKind::Connect, "no connection");
        let error = error.with_source(std::io::Error::other("refused"));
        assert_eq!(HandlerError::from(error).to_string(), "no connection: refused");
        assert_eq!(HandlerError::retry("busy").to_string(), "busy");
        assert_eq!(HandlerError::reject("no order").to_string(), "no order");
    }
}
