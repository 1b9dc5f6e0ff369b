//! What comes back: the reply, and the types that it can be read as.
//!
//! Invariant: reading a reply is bounded by its body and never panics, whatever the server sent.

mod bounded;
mod charset;
mod decode;
mod envelope;
mod from_reply;
mod outcome;
mod page;
mod path;
mod raw;
mod refused;
mod stream;
mod text;

pub use from_reply::FromReply;
pub use outcome::Outcome;
pub use page::Page;
pub use raw::Raw;
pub use refused::unexpected_status;
pub use stream::ByteStream;
pub use text::Text;

pub(crate) use bounded::{Bounds, bounded};
pub(crate) use decode::path_of;
pub(crate) use envelope::Envelope;
pub(crate) use refused::{SEARCHED, status_error};

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::Body;

/// A value together with the reply that it came in: status, headers, and where it was served from.
///
/// Any method can ask for it in place of the value alone. In a fake, [`Reply::of`] makes one.
///
/// ```
/// use trunkline::Reply;
///
/// let reply = Reply::of("pong").with_status(202);
/// assert_eq!(reply.status(), 202);
/// assert_eq!(reply.into_inner(), "pong");
/// ```
#[derive(Clone)]
pub struct Reply<T> {
    status: StatusCode,
    headers: HeaderMap,
    instance: Arc<str>,
    envelope: Option<Box<Envelope>>,
    value: T,
}

impl Reply<Body> {
    /// A reply as it came in; the envelope is given where the service has one and it says success.
    pub(crate) fn new(
        status: StatusCode,
        headers: HeaderMap,
        instance: Arc<str>,
        body: Body,
        envelope: Option<Envelope>,
    ) -> Self {
        Self {
            status,
            headers,
            instance,
            envelope: envelope.map(Box::new),
            value: body,
        }
    }

    fn take_body(&mut self) -> Body {
        std::mem::take(&mut self.value)
    }
}

impl<T> Reply<T> {
    /// A reply with this value, as a fake or a test makes it: status 200, no headers, served from nowhere.
    pub fn of(value: T) -> Self {
        Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            instance: Arc::from(""),
            envelope: None,
            value,
        }
    }

    /// The same reply with another status, for a fake or a test; a number that is no status leaves it as it is.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap_or(self.status);
        self
    }

    /// The same reply with one more header, for a fake or a test.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The address of the instance that answered: `http://10.0.0.1:8083`.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The code of the envelope that the value came in, a number as its digits.
    ///
    /// `None` where the service has no envelope, or this reply had no code.
    pub fn code(&self) -> Option<&str> {
        self.envelope.as_ref()?.code.as_deref()
    }

    /// The message of the envelope that the value came in.
    pub fn message(&self) -> Option<&str> {
        self.envelope.as_ref()?.message.as_deref()
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The same reply with a value made from this one.
    ///
    /// ```
    /// use trunkline::Reply;
    ///
    /// assert_eq!(Reply::of("42").map(str::len).into_inner(), 2);
    /// ```
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        Reply {
            status: self.status,
            headers: self.headers,
            instance: self.instance,
            envelope: self.envelope,
            value: change(self.value),
        }
    }

    /// The same reply around a value that was read from it; the document that it was read from is let go.
    fn with_value<U>(self, value: U) -> Reply<U> {
        let mut reply = self.map(|_| value);
        if let Some(envelope) = &mut reply.envelope {
            envelope.forget_document();
        }
        reply
    }
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    /// Names the headers and keeps their values to itself: some are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("instance", &self.instance)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod fixture;
