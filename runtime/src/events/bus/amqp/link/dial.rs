//! To a broker: name, socket, TLS, and the handshake of AMQP, each with its deadline.

use std::net::{Shutdown, SocketAddr, TcpStream as StdStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_rs::Runtime;
use lapin::{AsyncTcpStream, Connection, ConnectionProperties};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::super::address::Broker;
use super::super::fault::{Cause, Fault};
use super::Link;
use super::kit::Kit;
use super::stream::{Carrier, Pulse, Stream};
use crate::client::lock;

/// The name and the socket.
const REACH: Duration = Duration::from_secs(3);
/// TLS and AMQP.
const GREET: Duration = Duration::from_secs(5);

/// A second handle on a socket. Dropped, it cuts it: whoever reads or writes there is woken, which no drop of lapin's own
/// futures does.
#[derive(Debug)]
pub(super) struct Cut(StdStream);

impl Cut {
    pub(super) fn cut(&self) {
        // An error: it is closed already.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Connects within 3 + 5 s. Dropped before, or given up, it leaves neither a socket nor a thread.
pub(in super::super) async fn connect(
    broker: &Broker,
    name: &str,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Link, Fault> {
    let socket = reach(broker, Instant::now() + REACH).await?;
    let (socket, cut) = duplicate(socket).map_err(|error| lost(broker, &error))?;
    let deadline = Instant::now() + GREET;
    let carrier = match tls {
        None => Carrier::Plain(socket),
        Some(tls) => Carrier::Encrypted(Box::new(encrypt(broker, socket, tls, deadline).await?)),
    };
    let pulse = Pulse::new();
    let stream = Stream::new(carrier, pulse.clone());
    let greeted = timeout_at(deadline, greet(broker, name, stream)).await;
    let connection = greeted
        .map_err(|_| Fault::mute(&broker.name(), GREET))?
        .map_err(|error| refused(broker, error))?;
    Ok(Link::new(broker.name(), connection, cut, pulse))
}

async fn reach(broker: &Broker, deadline: Instant) -> Result<TcpStream, Fault> {
    let (host, port) = (&*broker.host, broker.port);
    let unreachable = |text: String| Fault::new(Cause::Unreachable, format!("{}: {text}", broker.name()));
    let too_late = |_| unreachable(format!("not reached within {REACH:?}"));
    let found = timeout_at(deadline, lookup_host((host, port)))
        .await
        .map_err(too_late)?;
    let addresses: Vec<SocketAddr> = found.map_err(|error| unreachable(error.to_string()))?.collect();
    let mut last = "no address".to_owned();
    for (left, address) in (1..=addresses.len()).rev().zip(addresses) {
        // The addresses share the time: one that is dead does not hide the others.
        let share =
            deadline.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(u32::MAX);
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = format!("{address} not reached within {share:?}"),
        }
    }
    Err(unreachable(last))
}

fn duplicate(socket: TcpStream) -> std::io::Result<(TcpStream, Cut)> {
    socket.set_nodelay(true)?;
    let socket = socket.into_std()?;
    let cut = Cut(socket.try_clone()?);
    Ok((TcpStream::from_std(socket)?, cut))
}

async fn encrypt(
    broker: &Broker,
    socket: TcpStream,
    tls: Arc<ClientConfig>,
    deadline: Instant,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Fault> {
    let name = ServerName::try_from(broker.host.clone()).map_err(|error| lost(broker, &error))?;
    let encrypted = timeout_at(deadline, TlsConnector::from(tls).connect(name, socket)).await;
    encrypted
        .map_err(|_| Fault::mute(&broker.name(), GREET))?
        .map_err(|error| lost(broker, &error))
}

/// The handshake over a socket that is there: lapin asks for one, once, in a thread of its own.
async fn greet(broker: &Broker, name: &str, stream: Stream) -> lapin::Result<Connection> {
    let stream = Mutex::new(Some(stream));
    let connect = async move |_, _| {
        let stream = lock(&stream).take();
        let stream = stream.ok_or(std::io::Error::from(std::io::ErrorKind::NotConnected));
        Ok(AsyncTcpStream::Plain(stream?))
    };
    let runtime = Runtime::new(Kit::current());
    Connection::connector(broker.uri.clone(), runtime, connect, properties(name)).await
}

/// Lapin's own recovery stays off: it stalls for ever on what a supervisor has to notice.
fn properties(name: &str) -> ConnectionProperties {
    ConnectionProperties::default().with_connection_name(name.into())
}

fn lost(broker: &Broker, error: &dyn std::fmt::Display) -> Fault {
    Fault::new(Cause::Lost, format!("{}: {error}", broker.name()))
}

fn refused(broker: &Broker, error: lapin::Error) -> Fault {
    let Fault { cause, text } = error.into();
    Fault::new(cause, format!("{}: {text}", broker.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lapin_does_not_recover_by_itself() {
        let shown = format!("{:?}", properties("test"));
        assert!(shown.contains("auto_recover: false"), "{shown}");
    }
}
