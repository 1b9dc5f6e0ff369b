//! An HTTP/2 server by hand, frame by frame (RFC 9113), for what no library would send.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const PREFACE: usize = 24;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// Error codes of RFC 9113, section 7.
pub mod code {
    /// Nothing is wrong: a graceful end.
    pub const NO_ERROR: u32 = 0;
    /// Something is, inside the server.
    pub const INTERNAL_ERROR: u32 = 2;
    /// The stream was not acted on.
    pub const REFUSED_STREAM: u32 = 7;
    /// The stream is no longer wanted.
    pub const CANCEL: u32 = 8;
}

/// What the server does with a request once it is there whole.
#[derive(Clone, Copy, Debug)]
pub enum H2Act {
    /// Answers 200 without a body.
    Ok,
    /// Answers 200 and resets the stream before the body ends.
    HeadThenReset(u32),
    /// Resets the stream.
    Reset(u32),
    /// Says that it goes away and has acted on no stream of this connection, then closes it.
    GoAwayBelow(u32),
    /// Says that it goes away and may have acted on this stream, then closes it.
    GoAwayAt(u32),
}

/// An HTTP/2 server without TLS; it is gone when this is dropped.
#[derive(Debug)]
pub struct H2Server {
    address: SocketAddr,
    hits: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl H2Server {
    /// A server that does what `act` says for the request of that number, the first being 0.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(act: impl Fn(usize) -> H2Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (hits, act) = (Arc::new(AtomicUsize::new(0)), Arc::new(act));
        let accepting = tokio::spawn({
            let hits = Arc::clone(&hits);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (hits, act) = (Arc::clone(&hits), Arc::clone(&act));
                    tokio::spawn(async move { connection(stream, &hits, &*act).await });
                }
            }
        });
        Self {
            address,
            hits,
            accepting,
        }
    }

    /// Its address as a base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests have arrived whole.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

impl Drop for H2Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves one connection until either side closes it.
async fn connection(mut tcp: TcpStream, hits: &AtomicUsize, act: &impl Fn(usize) -> H2Act) -> Option<()> {
    tcp.read_exact(&mut [0; PREFACE]).await.ok()?;
    send(&mut tcp, SETTINGS, 0, 0, &[]).await?;
    loop {
        let (kind, flags, stream) = read_frame(&mut tcp).await?;
        match kind {
            SETTINGS if flags & ACK == 0 => send(&mut tcp, SETTINGS, ACK, 0, &[]).await?,
            HEADERS | DATA if flags & END_STREAM != 0 => {
                let number = hits.fetch_add(1, Ordering::SeqCst);
                perform(&mut tcp, stream, act(number)).await?;
            }
            _ => {}
        }
    }
}

/// `None` when the connection is over.
async fn perform(tcp: &mut TcpStream, stream: u32, act: H2Act) -> Option<()> {
    // 0x88 is `:status: 200` in HPACK's static table.
    match act {
        H2Act::Ok => send(tcp, HEADERS, END_HEADERS | END_STREAM, stream, &[0x88]).await,
        H2Act::HeadThenReset(code) => {
            send(tcp, HEADERS, END_HEADERS, stream, &[0x88]).await?;
            send(tcp, RST_STREAM, 0, stream, &code.to_be_bytes()).await
        }
        H2Act::Reset(code) => send(tcp, RST_STREAM, 0, stream, &code.to_be_bytes()).await,
        H2Act::GoAwayBelow(code) => go_away(tcp, 0, code).await,
        H2Act::GoAwayAt(code) => go_away(tcp, stream, code).await,
    }
}

async fn go_away(tcp: &mut TcpStream, last: u32, code: u32) -> Option<()> {
    let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
    send(tcp, GOAWAY, 0, 0, &payload).await?;
    tcp.shutdown().await.ok()?;
    // What the other side still sends is read, so that closing is no reset that overtakes the frame.
    while read_frame(tcp).await.is_some() {}
    None
}

async fn send(tcp: &mut TcpStream, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Option<()> {
    let length = u32::try_from(payload.len()).ok()?.to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    tcp.write_all(&frame).await.ok()
}

/// A frame's kind, flags and stream; its payload is read and let go.
async fn read_frame(tcp: &mut TcpStream) -> Option<(u8, u8, u32)> {
    let mut head = [0; 9];
    tcp.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    tcp.read_exact(&mut payload).await.ok()?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
    Some((head[3], head[4], stream))
}
