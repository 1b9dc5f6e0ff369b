//! The one error of the crate: what went wrong, where, how often it was tried, and what may be done about it.

mod kind;
mod text;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

pub use kind::ErrorKind;
pub(crate) use text::excerpt;

use crate::events::PublishFailure;

/// Any error of another library, as it is kept in [`Error::source`](std::error::Error::source).
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The most bytes of a reply's body that an error keeps.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// Why a call did not give its value.
///
/// One word big and cheap to clone. [`kind`](Error::kind) says what went wrong, the other questions say where and
/// what may be done about it. The `Display` form is one line that names the service, the endpoint, the cause and the
/// trace id, where an attempt was made their number, their time and the last instance, and of a publish the event.
///
/// ```
/// use trunkline::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Status, "404 Not Found").with_status(404);
/// assert_eq!(error.kind(), ErrorKind::Status);
/// assert_eq!(error.status_code(), Some(404));
/// assert!(!error.is_unavailable());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    status: Option<u16>,
    body: Bytes,
    retry_after: Option<Duration>,
    may_have_reached: bool,
    code: Option<String>,
    details: Option<serde_json::Value>,
    server_message: Option<String>,
    publish_failure: Option<PublishFailure>,
    event_id: Option<Box<str>>,
    event_name: Option<Box<str>>,
    place: Place,
}

/// Where and when a call failed; filled in by the pipeline.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) service: Option<Arc<str>>,
    pub(crate) endpoint: Option<Arc<str>>,
    pub(crate) instance: Option<Arc<str>>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) trace_id: Option<Box<str>>,
}

impl Error {
    /// An error of this kind, as tests and fakes make it.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            source: None,
            status: None,
            body: Bytes::new(),
            retry_after: None,
            may_have_reached: false,
            code: None,
            details: None,
            server_message: None,
            publish_failure: None,
            event_id: None,
            event_name: None,
            place: Place::default(),
        }))
    }

    /// The same error with its cause.
    pub fn with_source(self, source: impl Into<BoxError>) -> Self {
        self.change(|inner| inner.source = Some(Arc::from(source.into())))
    }

    /// The same error with the status of the reply that it comes from.
    pub fn with_status(self, status: u16) -> Self {
        self.change(|inner| inner.status = Some(status))
    }

    /// The same error with the status of an earlier attempt's reply, where it has none of its own.
    pub(crate) fn with_last_status(self, status: Option<u16>) -> Self {
        match (self.0.status, status) {
            (None, Some(status)) => self.with_status(status),
            (Some(_), _) | (None, None) => self,
        }
    }

    /// The same error with the body of the reply that it comes from; what is beyond 64 KiB is cut off.
    pub fn with_body(self, body: impl Into<Bytes>) -> Self {
        let mut body = body.into();
        if body.len() > BODY_LIMIT {
            // A copy: a part of the body would keep all of it in memory.
            body = Bytes::copy_from_slice(&body[..BODY_LIMIT]);
        }
        self.change(|inner| inner.body = body)
    }

    /// The same error with the time after which the server asks to be called again.
    pub fn with_retry_after(self, delay: Duration) -> Self {
        self.change(|inner| inner.retry_after = Some(delay))
    }

    /// The same error with the code of a failed envelope.
    pub fn with_code(self, code: impl Into<String>) -> Self {
        self.change(|inner| inner.code = Some(code.into()))
    }

    /// The same error with the server's own message, which [`message`](Self::message) then gives.
    pub fn with_message(self, message: impl Into<String>) -> Self {
        self.change(|inner| inner.server_message = Some(message.into()))
    }

    /// The same error with the details of a failed envelope.
    pub fn with_details(self, details: serde_json::Value) -> Self {
        self.change(|inner| inner.details = Some(details))
    }

    /// The same error, saying whether the server may have acted on the request.
    pub fn with_may_have_reached_server(self, reached: bool) -> Self {
        self.change(|inner| inner.may_have_reached = reached)
    }

    /// The same error, saying why the event was not published; for one of kind [`Publish`](ErrorKind::Publish).
    pub fn with_publish_failure(self, failure: PublishFailure) -> Self {
        self.change(|inner| inner.publish_failure = Some(failure))
    }

    /// The same error with the id of the event that was to be published.
    pub fn with_event_id(self, id: impl AsRef<str>) -> Self {
        self.change(|inner| inner.event_id = Some(id.as_ref().into()))
    }

    /// The same error with the name of the event that was to be published.
    pub fn with_event_name(self, name: impl AsRef<str>) -> Self {
        self.change(|inner| inner.event_name = Some(name.as_ref().into()))
    }

    /// The same error with the event that was to be published, and the trace that it belongs to.
    pub(crate) fn of_event(self, name: &str, id: &str, trace_id: &str) -> Self {
        self.with_event_name(name)
            .with_event_id(id)
            .change(|inner| inner.place.trace_id = Some(trace_id.into()))
    }

    pub(crate) fn at(self, place: Place) -> Self {
        self.change(|inner| inner.place = place)
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status of the last reply; 503 where the service could not be asked.
    ///
    /// `Connect`, `CircuitOpen`, `Overloaded`, `Discovery` and `ShuttingDown` answer 503, so that
    /// `status_code() == Some(503)` is the one test for "unavailable".
    pub fn status_code(&self) -> Option<u16> {
        if self.0.kind.is_local_unavailability() {
            Some(503)
        } else {
            self.0.status
        }
    }

    /// Whether the service could not be asked or said that it cannot serve: exactly `status_code() == Some(503)`.
    pub fn is_unavailable(&self) -> bool {
        self.status_code() == Some(503)
    }

    /// Whether time ran out: of an attempt or of the whole call.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout | ErrorKind::DeadlineExceeded)
    }

    /// Whether no connection could be made.
    pub fn is_connect(&self) -> bool {
        self.0.kind == ErrorKind::Connect
    }

    /// Whether the server may have acted on the request, on any attempt.
    pub fn may_have_reached_server(&self) -> bool {
        self.0.may_have_reached
    }

    /// How long the server, or an open breaker, asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The service that was called.
    pub fn service(&self) -> Option<&str> {
        self.0.place.service.as_deref()
    }

    /// The endpoint that was called: a method's name, or method and path template of an untyped call, `GET /orders/{id}`.
    pub fn endpoint(&self) -> Option<&str> {
        self.0.place.endpoint.as_deref()
    }

    /// The address of the instance that the last attempt went to.
    pub fn instance(&self) -> Option<&str> {
        self.0.place.instance.as_deref()
    }

    /// How many attempts were made; 0 when nothing was sent.
    pub fn attempts(&self) -> u32 {
        self.0.place.attempts
    }

    /// How long the call took, to the end of its last attempt: without what was made of the reply.
    pub fn elapsed(&self) -> Duration {
        self.0.place.elapsed
    }

    /// The trace id that the call, or the event, carried.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.place.trace_id.as_deref()
    }

    /// The body of the reply that the error comes from, at most 64 KiB of it.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body as JSON: a typed error body, `application/problem+json` included.
    ///
    /// # Errors
    /// `Decode` when the body is not such a document.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(self.body()).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("the error's body: {error}")).with_source(error)
        })
    }

    /// The code of a failed envelope, a number as its digits.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The server's own message, where its body holds one; else what went wrong.
    ///
    /// A JSON body holds one as `message`, `msg`, `detail`, `error_description`, `error_message`, `error` or `title`, at its
    /// top or inside of an object `error` or `detail`.
    pub fn message(&self) -> &str {
        self.0.server_message.as_deref().unwrap_or(&self.0.message)
    }

    /// The details of a failed envelope.
    pub fn details(&self) -> Option<&serde_json::Value> {
        self.0.details.as_ref()
    }

    /// Why an event was not published; `None` for every other kind.
    pub fn publish_failure(&self) -> Option<PublishFailure> {
        self.0.publish_failure
    }

    /// The id of the event that was to be published: publish it again under this id, and subscribers tell a duplicate.
    pub fn event_id(&self) -> Option<&str> {
        self.0.event_id.as_deref()
    }

    /// The name of the event that was to be published; `None` where the error is of one that was stored long before.
    pub fn event_name(&self) -> Option<&str> {
        self.0.event_name.as_deref()
    }

    /// The status of the last reply, only where there was one.
    pub(crate) fn response_status(&self) -> Option<u16> {
        self.0.status
    }

    /// The same error, saying why it was not tried again.
    pub(crate) fn not_tried_again(self, why: &str) -> Self {
        self.change(|inner| {
            let text = format!("{}; the call was not tried again: {why}", inner.message);
            inner.message = text.into();
        })
    }

    /// What goes before the parentheses: the cause alone, without its place.
    pub(crate) fn cause(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug
            .field("kind", &self.0.kind)
            .field("message", &format_args!("{self}"));
        if let Some(status) = self.0.status {
            debug.field("status", &status);
        }
        if let Some(code) = &self.0.code {
            debug.field("code", code);
        }
        if let Some(delay) = self.0.retry_after {
            debug.field("retry_after", &delay);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn unavailability_answers_503() {
        for kind in [
            ErrorKind::Connect,
            ErrorKind::CircuitOpen,
            ErrorKind::Overloaded,
            ErrorKind::Discovery,
            ErrorKind::ShuttingDown,
        ] {
            assert!(Error::new(kind, "").is_unavailable(), "{kind:?}");
        }
        assert!(!Error::new(ErrorKind::Timeout, "").is_unavailable());
    }
}
