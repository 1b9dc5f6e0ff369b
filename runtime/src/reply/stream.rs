//! A reply as it comes in.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as HttpBody;

use super::{FromReply, Reply};
use crate::{Body, BoxError, Error, ErrorKind};

/// The body of a reply as a stream of chunks, read as it comes in.
///
/// The time between two chunks is bounded by the idle timeout, which runs only while the consumer waits, and the whole
/// by the call's timeout. After an error or the end there is nothing more. Dropping it closes the reply.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> trunkline::Result<()> {
/// use trunkline::{Body, ByteStream};
///
/// let mut stream = ByteStream::from(Body::from("pong"));
/// assert_eq!(stream.chunk().await?.as_deref(), Some(&b"pong"[..]));
/// assert_eq!(stream.chunk().await?, None);
/// # Ok(()) }
/// ```
pub struct ByteStream {
    /// Gone when the stream is over, and with it what it holds.
    body: Option<Body>,
}

impl ByteStream {
    /// The next chunk, or `None` at the end; for those who have no `StreamExt` at hand.
    ///
    /// # Errors
    /// `Timeout` when nothing came for the idle timeout, `DeadlineExceeded` when the call's time is over, `Transport` when
    /// the connection broke.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await.transpose()
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while let Some(body) = &mut self.body {
            match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(chunk) if !chunk.is_empty() => return Poll::Ready(Some(Ok(chunk))),
                    // Trailers, and chunks of nothing.
                    Ok(_) | Err(_) => {}
                },
                Some(Err(error)) => {
                    self.body = None;
                    return Poll::Ready(Some(Err(broken(error))));
                }
                None => self.body = None,
            }
        }
        Poll::Ready(None)
    }
}

impl From<Body> for ByteStream {
    /// A stream of this body, as a fake or a test makes it.
    fn from(body: Body) -> Self {
        Self { body: Some(body) }
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.body {
            Some(_) => "ByteStream(open)",
            None => "ByteStream(over)",
        })
    }
}

impl FromReply for ByteStream {
    const STREAMED: bool = true;

    fn from_reply(mut reply: Reply<Body>) -> Result<Self, Error> {
        Ok(reply.take_body().into())
    }

    fn with_head(mut reply: Reply<Body>) -> Result<Reply<Self>, Error> {
        let body = reply.take_body();
        Ok(reply.with_value(body.into()))
    }
}

/// Our own error as it is; any other is a connection that broke.
pub(super) fn broken(error: BoxError) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(error) => Error::new(ErrorKind::Transport, format!("the body broke off: {error}"))
            .with_source(error)
            .with_may_have_reached_server(true),
    }
}
