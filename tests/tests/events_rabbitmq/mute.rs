//! Peers that are no brokers: mute, cut off after some bytes, with half a frame.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;
use trunkline::EventsState;

use crate::support::{SECOND, client, is_down, scaled, until_state, wait_until};

/// A peer that sends these bytes and then nothing more, or hangs up.
async fn peer(greeting: &'static [u8], hangs_up: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = socket.write_all(greeting).await;
                if !hangs_up {
                    let _ = socket.read_to_end(&mut Vec::new()).await;
                }
            });
        }
    });
    address
}

fn threads() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status
        .lines()
        .find(|line| line.starts_with("Threads:"))
        .expect("the line");
    line.split_whitespace()
        .nth(1)
        .expect("a number")
        .parse()
        .expect("a number")
}

fn is_given_up(state: &EventsState) -> bool {
    matches!(state, EventsState::Down(_))
}

/// event fault 8
#[tokio::test]
async fn a_mute_peer_is_given_up_and_leaves_no_thread() {
    let address = peer(b"", false).await;
    let url = format!("amqp://guest:guest@{address}");
    let base = threads();
    for _ in 0..scaled(1, 20) {
        let clients: Vec<_> = (0..50).map(|_| client(&url)).collect();
        let started = Instant::now();
        let limit = Duration::from_millis(5500);
        let is_given_up =
            |client: &trunkline::Client| is_given_up(&client.events().state().expect("configured"));
        let all = wait_until(limit, || {
            clients.iter().filter(|client| is_given_up(client)).count() == 50
        })
        .await;
        assert!(all, "some wait for a mute peer after {limit:?}");
        println!("fault 8: 50 rounds given up after {:?}", started.elapsed());
        assert!(
            started.elapsed() <= Duration::from_millis(5500),
            "{:?}",
            started.elapsed()
        );
        for client in clients {
            client.shutdown(SECOND).await;
        }
        let gone = wait_until(2 * SECOND, || threads() <= base + 1).await;
        assert!(gone, "{} threads, {base} before", threads());
    }
}

async fn check_that_it_is_down(greeting: &'static [u8], hangs_up: bool) {
    let address = peer(greeting, hangs_up).await;
    let client = client(&format!("amqp://guest:guest@{address}"));
    until_state(&client.events(), 6 * SECOND, is_given_up).await;
    let metrics = client.metrics().events;
    assert!(
        metrics.reconnects.values().sum::<u64>() >= 1,
        "{:?}",
        metrics.reconnects
    );
    client.shutdown(SECOND).await;
    assert!(is_down(&metrics.state));
}

#[tokio::test]
async fn a_peer_that_hangs_up_is_down() {
    check_that_it_is_down(b"", true).await;
}

#[tokio::test]
async fn a_peer_that_sends_half_a_frame_is_down() {
    check_that_it_is_down(&[1, 0, 0, 0, 0, 1, 0, 0, 10], false).await;
    check_that_it_is_down(&[1, 0, 0, 0, 0, 1, 0, 0, 10], true).await;
}

#[tokio::test]
async fn a_peer_of_another_protocol_is_down() {
    check_that_it_is_down(b"HTTP/1.1 400 Bad Request\r\n\r\n", true).await;
    check_that_it_is_down(b"AMQP\x00\x01\x00\x00", false).await;
}
