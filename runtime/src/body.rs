//! The body of a request or of a reply: nothing, bytes, or a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body as HttpBody, Frame, SizeHint};
use sync_wrapper::SyncWrapper;

use crate::BoxError;

/// The chunks of a streamed body.
type Chunks = Pin<Box<dyn HttpBody<Data = Bytes, Error = BoxError> + Send>>;

/// The body of an HTTP request or reply.
///
/// Bytes can be sent again on a retry or a redirect; a stream is sent once.
///
/// ```
/// use trunkline::Body;
///
/// assert_eq!(Body::from("text").as_bytes(), Some(&b"text"[..]));
/// assert!(Body::empty().is_replayable());
/// ```
#[derive(Default)]
pub struct Body(Inner);

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    Bytes(Bytes),
    Stream(Streamed),
}

/// Chunks that one task at a time polls; what a `&self` asks is kept beside them, so that a body is `Sync`, as the
/// arguments of generic methods are.
struct Streamed {
    chunks: SyncWrapper<Chunks>,
    size: SizeHint,
    is_over: bool,
}

impl Streamed {
    fn new(chunks: Chunks) -> Self {
        Self {
            size: chunks.size_hint(),
            is_over: chunks.is_end_stream(),
            chunks: SyncWrapper::new(chunks),
        }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let chunks = self.chunks.get_mut();
        let frame = chunks.as_mut().poll_frame(cx);
        self.size = chunks.size_hint();
        self.is_over = chunks.is_end_stream();
        frame
    }
}

impl Body {
    /// No body at all.
    pub fn empty() -> Self {
        Self(Inner::Empty)
    }

    /// A body that is read from a stream of chunks as it is sent.
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(Inner::Stream(Streamed::new(Box::pin(StreamBody(Box::pin(
            stream,
        ))))))
    }

    /// A body of any library that speaks `http_body`.
    pub fn wrap<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Inner::Stream(Streamed::new(Box::pin(Wrapped(Box::pin(body))))))
    }

    /// The bytes, unless this is a stream; an empty body is no bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Inner::Empty => Some(&[]),
            Inner::Bytes(bytes) => Some(bytes),
            Inner::Stream(_) => None,
        }
    }

    /// Whether the body can be sent a second time.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.0, Inner::Stream(_))
    }

    /// The body for one attempt: a cheap copy, or the stream itself, which is then gone from here.
    ///
    /// The second value says, once the attempt has failed, whether it was the stream that did, and gives back one that
    /// nobody has read.
    pub(crate) fn for_attempt(&mut self) -> (Self, Outgoing) {
        match &self.0 {
            Inner::Empty => (Self(Inner::Empty), Outgoing::default()),
            Inner::Bytes(bytes) => (Self(Inner::Bytes(bytes.clone())), Outgoing::default()),
            Inner::Stream(_) => Sending::start(std::mem::take(self)),
        }
    }

    /// The bytes of a body that is not a stream, or the body back.
    pub(crate) fn into_bytes(self) -> Result<Bytes, Self> {
        match self.0 {
            Inner::Empty => Ok(Bytes::new()),
            Inner::Bytes(bytes) => Ok(bytes),
            Inner::Stream(_) => Err(self),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl fmt::Debug for Body {
    /// Says how much there is, never what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Empty => f.write_str("Body(empty)"),
            Inner::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Inner::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Inner::Empty => Poll::Ready(None),
            Inner::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Inner::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Inner::Stream(chunks) => chunks.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Empty => true,
            Inner::Bytes(bytes) => bytes.is_empty(),
            Inner::Stream(chunks) => chunks.is_over,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream(chunks) => chunks.size,
        }
    }
}

/// A stream of chunks as a body.
struct StreamBody<S>(Pin<Box<S>>);

impl<S, E> HttpBody for StreamBody<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0
            .as_mut()
            .poll_next(cx)
            .map(|chunk| chunk.map(|chunk| chunk.map(Frame::data).map_err(Into::into)))
    }
}

/// What became of a streamed body that was handed to an attempt: it failed, which is the caller's mistake whatever the
/// transport made of it, or nobody read of it.
///
/// It goes past the transport, since HTTP/2 tells of a failure as of any stream that was reset.
#[derive(Default)]
pub(crate) struct Outgoing(Option<Arc<Mutex<Fate>>>);

enum Fate {
    Underway,
    Failed(BoxError),
    Unread(Body),
}

impl Outgoing {
    /// Why the stream failed, if it did; else it is back in `body`, if nobody has read of it and it is let go of.
    pub(crate) fn failure(&self, body: &mut Body) -> Option<BoxError> {
        let mut fate = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *fate, Fate::Underway) {
            Fate::Underway => None,
            Fate::Failed(cause) => Some(cause),
            Fate::Unread(unread) => {
                *body = unread;
                None
            }
        }
    }
}

/// A streamed body on its way out; it leaves its error behind, or itself.
struct Sending {
    body: Body,
    is_read: bool,
    fate: Arc<Mutex<Fate>>,
}

impl Sending {
    fn start(body: Body) -> (Body, Outgoing) {
        let fate = Arc::new(Mutex::new(Fate::Underway));
        let sending = Self {
            body,
            is_read: false,
            fate: Arc::clone(&fate),
        };
        (Body::wrap(sending), Outgoing(Some(fate)))
    }

    fn end(&self, end: Fate) {
        *self.fate.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if !self.is_read {
            let body = std::mem::take(&mut self.body);
            self.end(Fate::Unread(body));
        }
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.is_read = true;
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        frame.map_err(|error| {
            self.end(Fate::Failed(error));
            "the request's body failed".into()
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body of another library, its error made ours.
struct Wrapped<B>(Pin<Box<B>>);

impl<B> HttpBody for Wrapped<B>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0.as_mut().poll_frame(cx).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_can_be_an_argument_of_a_generic_method() {
        fn check<T: Send + Sync>() {}
        check::<Body>();
    }

    fn piece() -> Body {
        Body::wrap(Body::from("piece"))
    }

    #[test]
    fn a_stream_that_nobody_read_comes_back() {
        let mut body = piece();
        let (sending, outgoing) = body.for_attempt();
        assert!(outgoing.failure(&mut body).is_none());
        assert!(body.is_replayable(), "it is on its way");
        drop(sending);
        assert!(outgoing.failure(&mut body).is_none());
        assert!(!body.is_replayable(), "the stream is back");
    }

    #[test]
    fn a_stream_that_was_read_does_not_come_back() {
        let mut body = piece();
        let (mut sending, outgoing) = body.for_attempt();
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut sending).poll_frame(&mut cx).is_ready());
        drop(sending);
        assert!(outgoing.failure(&mut body).is_none());
        assert_eq!(body.as_bytes(), Some(&[][..]));
    }
}
