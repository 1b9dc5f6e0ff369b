//! A queue that does not confirm, among others that do.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use trunkline::context::{Context, scope};
use trunkline::{Events, PublishFailure, Receipt};
use trunkline_tests::amqp_peer::{Manner, Peer};

use crate::support::{Folder, PATIENCE, SECOND, builder, client, numbered, wait_until};

/// As long as a confirm is waited for.
const CONFIRM: Duration = Duration::from_secs(10);

/// How often each id came, over all connections.
fn published(peer: &Peer) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for connection in peer.connections() {
        for id in connection.published {
            *counts.entry(id).or_default() += 1;
        }
    }
    counts
}

async fn publish(events: &Events, target: &str, ids: impl Iterator<Item = String>) -> Vec<Receipt> {
    let publish = |id| tokio::spawn(events.publish(&numbered(0)).target(target).id(id));
    let sent: Vec<_> = ids.map(publish).collect();
    let mut receipts = Vec::new();
    for sent in sent {
        receipts.push(sent.await.expect("no panic").expect("taken"));
    }
    receipts
}

fn healthy(round: u32) -> impl Iterator<Item = String> {
    (0..300).map(move |number| format!("h{round}-{number}"))
}

#[tokio::test]
async fn others_are_confirmed_beside_a_queue_that_does_not_confirm() {
    let peer = Peer::start([Manner::NoConfirmFor("stuck.")]).await;
    let client = client(&peer.url());
    let events = client.events();
    let begun = Instant::now();
    let context = Context::new().with_timeout(CONFIRM + 2 * SECOND);
    let publisher = events.clone();
    let stuck = async move { publisher.publish(&numbered(0)).target("stuck").id("s").await };
    let stuck = tokio::spawn(scope(context, stuck));
    let is_there = wait_until(PATIENCE, || published(&peer).contains_key("s"));
    assert!(is_there.await);
    for round in 0.. {
        let all = timeout(SECOND, publish(&events, "other", healthy(round))).await;
        assert_eq!(all.expect("confirmed at once").len(), 300);
        if stuck.is_finished() {
            break;
        }
        tokio::time::sleep(SECOND).await;
    }
    let error = stuck.await.expect("no panic").expect_err("nobody confirms it");
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unconfirmed),
        "{error}"
    );
    assert_eq!(error.event_id(), Some("s"));
    assert!(begun.elapsed() >= CONFIRM + 2 * SECOND, "{:?}", begun.elapsed());
    let counts = published(&peer);
    assert_eq!(peer.connections().len(), 1, "no session was cut");
    // Once, and again after its time.
    assert_eq!(counts["s"], 2);
    assert!(counts.iter().all(|(id, count)| id == "s" || *count == 1));
    client.shutdown(SECOND).await;
}

#[tokio::test]
async fn an_outbox_drains_past_a_queue_that_does_not_confirm() {
    let peer = Peer::start([Manner::NoConfirmFor("stuck.")]).await;
    let folder = Folder::new();
    let client = builder(&peer.url()).outbox(folder.path()).build().expect("legal");
    let events = client.events();
    publish(&events, "stuck", (0..20).map(|number| format!("s{number}"))).await;
    let begun = Instant::now();
    for round in 0.. {
        for receipt in publish(&events, "other", healthy(round)).await {
            let confirmed = timeout(SECOND, receipt.confirmed()).await;
            confirmed.expect("at once").expect("confirmed");
        }
        if begun.elapsed() > CONFIRM + 3 * SECOND {
            break;
        }
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(peer.connections().len(), 1, "no session was cut");
    let counts = published(&peer);
    let mut stuck = 0;
    for (id, count) in &counts {
        if id.starts_with('s') {
            stuck += count;
        } else {
            assert_eq!(*count, 1, "{id}");
        }
    }
    // After its time one of them is sent again, to see.
    assert_eq!(stuck, 21);
    client.shutdown(SECOND).await;
}

/// Where nothing else is published, another connection may be better, and then it is not.
#[tokio::test]
async fn a_session_is_not_cut_again_at_once_for_a_queue_that_does_not_confirm() {
    let peer = Peer::start([Manner::NoConfirmFor("stuck.")]).await;
    let client = client(&peer.url());
    let context = Context::new().with_timeout(CONFIRM * 2 + 8 * SECOND);
    let stuck = async { client.events().publish(&numbered(0)).target("stuck").await };
    let error = scope(context, stuck).await.expect_err("nobody confirms it");
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unconfirmed),
        "{error}"
    );
    assert_eq!(peer.connections().len(), 2);
    client.shutdown(SECOND).await;
}
