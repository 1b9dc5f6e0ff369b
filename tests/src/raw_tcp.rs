//! Servers below HTTP: they count what arrives, and send exactly the bytes that a test says, or none.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// One thing that a server does after it has read a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Does nothing for that long.
    Pause(Duration),
    /// Sends these bytes for ever, with a pause after each time.
    Repeat(Vec<u8>, Duration),
    /// Never does anything again, and keeps the connection open.
    Hang,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The head, up to the empty line.
    pub head: String,
    /// The body, where its length was told.
    pub body: Vec<u8>,
}

/// A server on loopback that acts by request; it is gone when this is dropped.
#[derive(Debug)]
pub struct RawServer {
    address: SocketAddr,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<Arrived>>,
}

impl Arrived {
    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl RawServer {
    /// A server that does what `acts` says for the request of that number, the first being 0.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(acts: impl Fn(usize) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (seen, acts) = (Arc::new(Seen::default()), Arc::new(acts));
        let accepting = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    seen.connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(connection(stream, Arc::clone(&seen), Arc::clone(&acts)));
                }
            }
        });
        Self {
            address,
            seen,
            accepting,
        }
    }

    /// A server that does the same for every request.
    pub async fn always(acts: impl Into<Vec<Act>>) -> Self {
        let acts = acts.into();
        Self::start(move |_| acts.clone()).await
    }

    /// Its address as a base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests have arrived whole.
    pub fn hits(&self) -> usize {
        self.requests().len()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The requests, in the order in which they arrived.
    pub fn requests(&self) -> Vec<Arrived> {
        let requests = self.seen.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connection(mut stream: TcpStream, seen: Arc<Seen>, acts: Arc<impl Fn(usize) -> Vec<Act>>) {
    while let Some(request) = read_request(&mut stream).await {
        let number = {
            let mut requests = seen.requests.lock().unwrap_or_else(PoisonError::into_inner);
            requests.push(request);
            requests.len() - 1
        };
        for act in acts(number) {
            match act {
                Act::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Act::Pause(time) => sleep(time).await,
                Act::Repeat(bytes, pause) => {
                    while stream.write_all(&bytes).await.is_ok() {
                        if !pause.is_zero() {
                            sleep(pause).await;
                        }
                    }
                    return;
                }
                Act::Hang => std::future::pending().await,
                Act::Close => return,
                Act::Reset => {
                    let _ = stream.set_zero_linger();
                    return;
                }
            }
        }
    }
}

/// One request: its head, and its body where its length is told or it comes in chunks.
async fn read_request(stream: &mut TcpStream) -> Option<Arrived> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            break String::from_utf8_lossy(&bytes[..end]).into_owned();
        }
        read_some(stream, &mut bytes).await?;
    };
    let mut body = bytes.split_off(head.len() + 4);
    let request = Arrived {
        head,
        body: Vec::new(),
    };
    if let Some(length) = request.header("content-length") {
        let length: usize = length.parse().ok()?;
        while body.len() < length {
            read_some(stream, &mut body).await?;
        }
    } else if request.header("transfer-encoding").is_some() {
        while !body.ends_with(b"0\r\n\r\n") {
            read_some(stream, &mut body).await?;
        }
    }
    Some(Arrived { body, ..request })
}

async fn read_some(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(bytes).await.ok()?;
    (read > 0).then_some(())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A whole response with this status line's end, these headers and this body, its length told.
pub fn response(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = head(status, headers, Some(body.len() as u64));
    text.extend_from_slice(body.as_bytes());
    text
}

/// A response's head with this length, or chunked where there is none.
pub fn head(status: &str, headers: &[(&str, &str)], length: Option<u64>) -> Vec<u8> {
    use std::fmt::Write as _;

    let mut text = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let _ = match length {
        Some(length) => write!(text, "content-length: {length}\r\n\r\n"),
        None => write!(text, "transfer-encoding: chunked\r\n\r\n"),
    };
    text.into_bytes()
}

/// One chunk of a body in `chunked` coding.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// A port that refuses every connection, and stays this test's as long as this is kept.
#[derive(Debug)]
pub struct Refusing {
    address: SocketAddr,
    _bound: TcpSocket,
}

impl Refusing {
    /// A port that is bound, so that nobody else gets it, and that nobody listens on.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn port() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        Self {
            address: socket.local_addr().expect("it is bound"),
            _bound: socket,
        }
    }

    /// Its address as a base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A port whose connections are neither made nor refused: its queue is full and nobody takes from it.
#[derive(Debug)]
pub struct BlackHole {
    listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    /// A listener whose queue was filled.
    ///
    /// # Panics
    /// When the queue is never full.
    pub async fn start() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let listener = socket.listen(1).expect("it is bound");
        let address = listener.local_addr().expect("it is bound");
        let mut queued = Vec::new();
        while let Ok(connected) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
            queued.push(connected.expect("the listener is there"));
            assert!(queued.len() < 64, "the queue does not fill");
        }
        Self {
            listener,
            _queued: queued,
        }
    }

    /// Its address as a base URL.
    ///
    /// # Panics
    /// Never: it is bound.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().expect("it is bound"))
    }
}
