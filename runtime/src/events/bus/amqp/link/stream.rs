//! The bytes to and from a broker, encrypted or not, and when the last ones came.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

/// A connected socket, as lapin's input and output.
pub(super) struct Stream {
    carrier: Carrier,
    pulse: Pulse,
}

/// What is under the stream.
pub(super) enum Carrier {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// When the peer was last heard of.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    since: Instant,
    /// In milliseconds after the beginning.
    last: Arc<AtomicU64>,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            last: Arc::default(),
        }
    }

    fn beat(&self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(millis, Ordering::Relaxed);
    }

    /// For how long nothing has come.
    pub(super) fn silence(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.since.elapsed().saturating_sub(last)
    }
}

impl Stream {
    pub(super) fn new(carrier: Carrier, pulse: Pulse) -> Self {
        Self { carrier, pulse }
    }

    fn carrier(self: Pin<&mut Self>) -> Pin<&mut Carrier> {
        Pin::new(&mut self.get_mut().carrier)
    }
}

impl futures_io::AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        let mut buffer = ReadBuf::new(bytes);
        match &mut stream.carrier {
            Carrier::Plain(plain) => ready!(Pin::new(plain).poll_read(cx, &mut buffer))?,
            Carrier::Encrypted(tls) => ready!(Pin::new(tls).poll_read(cx, &mut buffer))?,
        }
        stream.pulse.beat();
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

impl futures_io::AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.carrier().get_mut() {
            Carrier::Plain(plain) => Pin::new(plain).poll_write(cx, bytes),
            Carrier::Encrypted(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.carrier().get_mut() {
            Carrier::Plain(plain) => Pin::new(plain).poll_write_vectored(cx, parts),
            Carrier::Encrypted(tls) => Pin::new(tls).poll_write_vectored(cx, parts),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.carrier().get_mut() {
            Carrier::Plain(plain) => Pin::new(plain).poll_flush(cx),
            Carrier::Encrypted(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.carrier().get_mut() {
            Carrier::Plain(plain) => Pin::new(plain).poll_shutdown(cx),
            Carrier::Encrypted(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
