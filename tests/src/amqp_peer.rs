//! A peer that speaks as much of AMQP 0-9-1 as a publisher needs, and stops where a test wants it to: mute, reset, in
//! the middle of a frame, without confirms. No broker does so on demand.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use trunkline_tests::amqp_peer::{Manner, Peer};
//!
//! // Mute on the first connection, a broker from then on.
//! let peer = Peer::start([Manner::Mute, Manner::Well]).await;
//! assert!(peer.url().starts_with("amqp://"));
//! assert!(peer.connections().is_empty());
//! # });
//! ```

mod conversation;
mod frame;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use conversation::Conversation;
use frame::Frame;

/// How a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// All is answered and confirmed.
    Well,
    /// Nothing is ever said.
    Mute,
    /// Nothing is said once the handshake is done.
    MuteAfterHandshake,
    /// The socket is reset once so many bytes came.
    ResetAfter(u64),
    /// All is answered; instead of the first confirm comes half of its frame, and then nothing.
    HalfAFrame,
    /// All is answered, and nothing confirmed.
    NoConfirms,
    /// All is answered, and confirmed but for what has a routing key that begins so.
    NoConfirmFor(&'static str),
    /// The first event is confirmed, and then the connection is closed.
    CloseAfterOne,
}

/// What happened on a connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// How it went.
    pub manner: Manner,
    /// The ids of the events that came whole, in their order.
    pub published: Vec<String>,
    /// How long it was open, once it is over.
    pub lived: Option<Duration>,
}

/// A listener on loopback; a cheap handle.
#[derive(Clone, Debug)]
pub struct Peer {
    address: SocketAddr,
    connections: Arc<Mutex<Vec<Connection>>>,
}

impl Peer {
    /// Listens. The first connection goes in the first manner, and so on; all further ones in the last.
    ///
    /// # Panics
    /// Where loopback has no port, or there is no manner.
    pub async fn start(manners: impl IntoIterator<Item = Manner>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let peer = Self {
            address: listener.local_addr().expect("bound"),
            connections: Arc::default(),
        };
        let (accepting, manners) = (peer.clone(), manners.into_iter().collect::<Vec<_>>());
        let last = *manners.last().expect("a manner");
        tokio::spawn(async move {
            let mut manners = manners.into_iter();
            while let Ok((socket, _)) = listener.accept().await {
                let manner = manners.next().unwrap_or(last);
                tokio::spawn(accepting.clone().attend(socket, manner));
            }
        });
        peer
    }

    /// Its address with user and virtual host.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address)
    }

    /// All connections so far.
    pub fn connections(&self) -> Vec<Connection> {
        self.with(|connections| connections.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<Connection>) -> T) -> T {
        look(&mut self.connections.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn attend(self, mut socket: TcpStream, manner: Manner) {
        let accepted = Instant::now();
        let number = self.with(|connections| {
            connections.push(Connection {
                manner,
                published: Vec::new(),
                lived: None,
            });
            connections.len() - 1
        });
        // An error: whoever connected has ended it.
        let _ = self.talk(&mut socket, manner, number).await;
        if let Manner::ResetAfter(_) = manner {
            let _ = socket.set_zero_linger();
        }
        drop(socket);
        self.with(|connections| connections[number].lived = Some(accepted.elapsed()));
    }

    /// Until the connection is over.
    async fn talk(&self, socket: &mut TcpStream, manner: Manner, number: usize) -> io::Result<()> {
        let (reader, mut writer) = socket.split();
        let most = match manner {
            Manner::ResetAfter(bytes) => bytes,
            _ => u64::MAX,
        };
        let mut reader = BufReader::new(reader.take(most));
        if manner == Manner::Mute {
            return tokio::io::copy(&mut reader, &mut tokio::io::sink())
                .await
                .map(drop);
        }
        reader.read_exact(&mut [0; frame::GREETING]).await?;
        let mut conversation = Conversation::new(manner);
        writer.write_all(&frame::start()).await?;
        while !conversation.is_over() {
            let heard = Frame::read(&mut reader).await?;
            let answer = conversation.hear(&heard);
            let published = conversation.take_published();
            self.with(|connections| connections[number].published.extend(published));
            writer.write_all(&answer).await?;
        }
        Ok(())
    }
}
