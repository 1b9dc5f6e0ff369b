//! The suite's own broker does what the tests of events ask of it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use trunkline_tests::broker::{self, Broker};

/// Says hello and gives the first bytes of the answer.
async fn hello(address: SocketAddr) -> std::io::Result<(TcpStream, [u8; 11])> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"AMQP\0\0\x09\x01").await?;
    let mut frame = [0; 11];
    stream.read_exact(&mut frame).await?;
    Ok((stream, frame))
}

#[tokio::test]
async fn a_broker_is_started_frozen_killed_restarted_and_stopped() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    let address = broker.address();
    let (mut stream, frame) = hello(address).await.expect("it greets");
    assert_eq!(
        (frame[0], &frame[7..]),
        (1, &[0, 10, 0, 10][..]),
        "connection.start"
    );
    assert!(address.port() < 32_768, "{address}");

    broker.pause();
    let silence = timeout(Duration::from_secs(1), hello(address)).await;
    assert!(silence.is_err(), "a frozen broker says nothing: {silence:?}");
    broker.resume();
    timeout(Duration::from_secs(30), hello(address))
        .await
        .expect("it wakes")
        .expect("it greets");

    broker.ctl(&["add_vhost", "kept"]).await;
    broker.kill();
    let refused = TcpStream::connect(address).await.expect_err("nobody listens");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    stream.read_to_end(&mut Vec::new()).await.ok();

    broker.restart().await;
    hello(address).await.expect("it greets on the same address");
    let hosts = broker.ctl(&["list_vhosts"]).await;
    assert!(hosts.contains("kept"), "its disk is the one it had: {hosts}");

    broker.stop().await;
    assert!(hello(address).await.is_err(), "it is stopped");
}

#[tokio::test]
async fn a_shared_broker_has_one_address() {
    let Some(url) = broker::url().await else { return };
    assert_eq!(broker::url().await, Some(url));
}
