//! Does somebody speak AMQP 0-9-1 there? A port that accepts is not enough: the broker opens it before it serves.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const HEADER: &[u8] = b"AMQP\0\0\x09\x01";
/// A method frame on channel 0, and `connection.start`: class 10, method 10.
const METHOD: u8 = 1;
const START: [u8; 4] = [0, 10, 0, 10];
const PATIENCE: Duration = Duration::from_secs(2);

/// Connects, says hello, and waits a moment for the answer.
pub(super) async fn greets(address: SocketAddr) -> bool {
    timeout(PATIENCE, greeting(address))
        .await
        .is_ok_and(|greeting| greeting.unwrap_or(false))
}

async fn greeting(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(HEADER).await?;
    // Type, channel, length, then the class and the method.
    let mut frame = [0; 11];
    stream.read_exact(&mut frame).await?;
    Ok(frame[0] == METHOD && frame[7..] == START)
}
