//! Peers that are no brokers: mute, cut off after some bytes, with half a frame, without confirms.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};
use trunkline::{Client, EventsState};
use trunkline_tests::amqp_peer::{Connection, Manner, Peer};

use crate::support::{PATIENCE, SECOND, client, is_down, numbered, scaled, until_state, wait_until};

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

/// The connections of this manner that are over.
fn ended(peer: &Peer, manner: Manner) -> Vec<Connection> {
    let mut connections = peer.connections();
    connections.retain(|connection| connection.manner == manner && connection.lived.is_some());
    connections
}

/// A client that was connected, and whose peer is mute since then.
async fn cut_off() -> (Client, Peer) {
    let peer = Peer::start([Manner::CloseAfterOne, Manner::Mute]).await;
    let client = client(&peer.url());
    let sent = client.events().publish(&numbered(0)).await;
    sent.expect("confirmed by the first connection");
    (client, peer)
}

/// event fault 8
#[tokio::test]
async fn a_mute_peer_is_given_up_on_each_reconnect_and_leaves_no_thread() {
    // Together fifty rounds, the clients of a loop at the same time.
    let (loops, clients, rounds) = (scaled(1, 20), scaled(25, 10), scaled(2, 5));
    let rounds = usize::try_from(rounds).expect("few");
    let base = threads();
    for _ in 0..loops {
        let mut cut = Vec::new();
        for _ in 0..clients {
            cut.push(cut_off().await);
        }
        let all = wait_until(PATIENCE, || {
            cut.iter()
                .all(|(_, peer)| ended(peer, Manner::Mute).len() >= rounds)
        });
        assert!(all.await, "some wait for a mute peer for ever");
        let mut longest = Duration::ZERO;
        for connection in cut.iter().flat_map(|(_, peer)| ended(peer, Manner::Mute)) {
            longest = longest.max(connection.lived.expect("it is over"));
        }
        println!("fault 8: {clients} clients, {rounds} rounds each, given up after {longest:?} at most");
        assert!(longest <= Duration::from_millis(5500), "{longest:?}");
        for (client, _) in cut {
            let counted = client.metrics().events.reconnects;
            assert!(counted["mute"] >= 2 && counted["lost"] == 1, "{counted:?}");
            client.shutdown(SECOND).await;
        }
        let gone = wait_until(2 * SECOND, || threads().abs_diff(base) <= 1).await;
        assert!(gone, "{} threads, {base} before", threads());
    }
}

/// Publishes to a peer whose first connection goes wrong in the middle, and checks that the second one gets all that was
/// not confirmed, in its order and under the same ids; gives the reason that is counted.
async fn check_that_all_go_out_again(first: Manner) -> String {
    let peer = Peer::start([first, Manner::Well]).await;
    let client = client(&peer.url());
    let events = client.events();
    let publish = |number| tokio::spawn(events.publish(&numbered(number)));
    let sent: Vec<_> = (0..300).map(publish).collect();
    let mut ids = Vec::new();
    for sent in sent {
        let outcome = timeout(PATIENCE, sent).await.expect("none is stuck");
        let receipt = outcome.expect("no panic").expect("confirmed in the end");
        ids.push(receipt.id().to_owned());
    }
    check_order(first, &peer.connections(), ids);
    let counted: Vec<_> = client.metrics().events.reconnects.into_iter().collect();
    client.shutdown(SECOND).await;
    let [(cause, 1)] = &*counted else {
        panic!("{first:?}: {counted:?}, expected one");
    };
    cause.clone()
}

fn check_order(first: Manner, connections: &[Connection], mut ids: Vec<String>) {
    let [wrong, well] = connections else {
        panic!("{first:?}: {} connections", connections.len());
    };
    let confirmed = ids.len() - well.published.len();
    let unconfirmed = &wrong.published[confirmed..];
    assert!(
        well.published.starts_with(unconfirmed),
        "{first:?}: {confirmed} confirmed, the others out of order or under other ids"
    );
    let mut all = [&wrong.published[..confirmed], &well.published].concat();
    all.sort_unstable();
    ids.sort_unstable();
    assert!(all == ids, "{first:?}: not each of them once");
}

/// event fault 8, further on: the peer greets before it is mute
#[tokio::test]
async fn a_peer_that_is_mute_after_the_handshake_is_given_up_and_all_goes_to_the_next() {
    let begun = Instant::now();
    assert_eq!(
        check_that_all_go_out_again(Manner::MuteAfterHandshake).await,
        "mute"
    );
    assert!(begun.elapsed() >= 5 * SECOND, "{:?}", begun.elapsed());
    assert!(begun.elapsed() <= 7 * SECOND, "{:?}", begun.elapsed());
}

/// The handshake takes some 600 bytes, the declarations 1 000 more, then come events of 1 200 bytes.
#[tokio::test]
async fn a_socket_that_is_reset_after_any_number_of_bytes_loses_and_reorders_nothing() {
    for bytes in [1, 8, 20, 300, 700, 1_500, 3_000, 10_000, 50_000, 200_000] {
        let cause = check_that_all_go_out_again(Manner::ResetAfter(bytes)).await;
        assert_eq!(cause, "lost", "after {bytes} bytes");
    }
}

/// The watchdog's time: nothing comes for 10 s, which the heartbeat does not notice.
async fn check_that_the_watchdog_cuts(first: Manner) {
    let begun = Instant::now();
    assert_eq!(
        check_that_all_go_out_again(first).await,
        "unconfirmed",
        "{first:?}"
    );
    let took = begun.elapsed();
    assert!((10 * SECOND..12 * SECOND).contains(&took), "{first:?}: {took:?}");
}

#[tokio::test]
async fn a_session_without_confirms_is_cut_and_all_goes_out_again_in_order() {
    tokio::join!(
        check_that_the_watchdog_cuts(Manner::NoConfirms),
        check_that_the_watchdog_cuts(Manner::HalfAFrame),
    );
}

async fn check_that_it_is_down(greeting: &'static [u8], hangs_up: bool) {
    let address = peer(greeting, hangs_up).await;
    let client = client(&format!("amqp://guest:guest@{address}"));
    let is_given_up = |state: &EventsState| matches!(state, EventsState::Down(_));
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
