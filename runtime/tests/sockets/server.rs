//! A server of raw TCP for the tests of the crate by itself: what it sends is told by the byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What follows the bytes that a server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The next request of the same connection.
    Stay,
    Close,
    /// Nothing, and the connection stays open.
    Hang,
}

/// The answer to the request of this number, the first being 0.
pub(crate) type Answer = fn(usize) -> (Vec<u8>, Then);

/// A server on loopback, and what has arrived at it.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: mpsc::UnboundedReceiver<String>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (seen, requests) = mpsc::unbounded_channel();
        let (connections, numbers) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        tokio::spawn({
            let connections = Arc::clone(&connections);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream, answer, seen.clone(), Arc::clone(&numbers)));
                }
            }
        });
        Self {
            url,
            requests,
            connections,
        }
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests that have arrived, head and body.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Answer,
    seen: mpsc::UnboundedSender<String>,
    numbers: Arc<AtomicUsize>,
) {
    while let Some(request) = read(&mut stream).await {
        let _ = seen.send(request);
        let (bytes, then) = answer(numbers.fetch_add(1, Ordering::SeqCst));
        if stream.write_all(&bytes).await.is_err() || then == Then::Close {
            return;
        }
        if then == Then::Hang {
            std::future::pending::<()>().await;
        }
    }
}

/// One request, its body by its length.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= length(head)
        {
            return Some(text);
        }
        let read = stream.read_buf(&mut bytes).await.ok()?;
        if read == 0 {
            return None;
        }
    }
}

fn length(head: &str) -> usize {
    header(head, "content-length").map_or(0, |value| value.parse().expect("a number"))
}

/// The value of a header of a request.
pub(crate) fn header<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    request.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A response with these header lines and this body.
pub(crate) fn response(status: u16, lines: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{lines}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
