//! A disk that refuses, as whoever publishes sees it.

use std::collections::BTreeSet;
use std::io;
use std::time::Instant;

use serde_json::json;
use tokio::sync::mpsc;

use super::faults::{SYNCS, WRITES, faulty};
use super::*;
use crate::{Client, ClientBuilder, Delivery, EventsState, HandlerError, PublishFailure};

const SECOND: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(60);

/// A client whose queue holds ten events; more wait on disk.
fn builder() -> ClientBuilder {
    Client::builder().name("orders").events("memory:?events=10")
}

/// Thirty events are stored, the disk breaks, a hundred more come; then it is well again, and the next client opens it.
async fn breaks(what: u8, error: io::ErrorKind) {
    let folder = Folder::new();
    let (store, broken) = faulty(&folder, Bounds::default(), error);
    let client = builder().outbox_over(store).build().expect("legal settings");
    let events = client.events();
    for number in 0..30 {
        let publish = events.publish_named("paid", &number).target("shipping");
        publish.await.expect("stored");
    }
    assert_eq!(events.state().expect("configured"), EventsState::Up);

    broken.store(what, Ordering::SeqCst);
    let mut publishing = tokio::task::JoinSet::new();
    for number in 100..200 {
        let publish = events.publish_named("paid", &json!(number)).target("shipping");
        publishing.spawn(async move {
            let started = Instant::now();
            (publish.await, started.elapsed())
        });
    }
    while let Some(outcome) = publishing.join_next().await {
        let (outcome, took) = outcome.expect("no panic");
        let failure = outcome.expect_err("never `Ok`");
        assert_eq!(
            failure.publish_failure(),
            Some(PublishFailure::StoreFailed),
            "{failure}"
        );
        assert!(took <= SECOND, "{took:?}");
    }
    check_that_it_is_down(&client, &folder);

    broken.store(0, Ordering::SeqCst);
    client.shutdown(SOON).await;
    drop((client, events));
    // Ten were in the queue of the client that is gone.
    check_that_the_next_handles(&folder, 10..30).await;
}

fn check_that_it_is_down(client: &Client, folder: &Folder) {
    let state = client.events().state().expect("configured");
    let EventsState::Down(reason) = &state else {
        panic!("{state}");
    };
    assert!(reason.contains(&folder.path().display().to_string()), "{reason}");
    let figures = client.metrics().events;
    assert_eq!(figures.state, state);
    assert!(figures.outbox.expect("there is one").failure.is_some());
}

/// The client that opens the same directory handles what was stored before.
async fn check_that_the_next_handles(folder: &Folder, numbers: std::ops::Range<u64>) {
    let client = builder().outbox(folder.path()).build().expect("the disk is well");
    let (sender, mut handled) = mpsc::unbounded_channel();
    let subscribe = client.events().subscribe("shipping");
    let subscribe = subscribe.on_named("paid", move |event: Delivery<_>| {
        let sent = sender.send(event.as_u64());
        async move { sent.map_err(|_| HandlerError::retry("the test is over")) }
    });
    let _worker = subscribe.start().await.expect("legal");
    let mut missing: BTreeSet<u64> = numbers.collect();
    while !missing.is_empty() {
        let number = tokio::time::timeout(SOON, handled.recv()).await;
        let number = number.unwrap_or_else(|_| panic!("{missing:?} are lost"));
        missing.retain(|missing| Some(Some(*missing)) != number);
    }
    let publish = client.events().publish_named("paid", &1000).target("shipping");
    publish.await.expect("there is space again");
    client.shutdown(SOON).await;
}

/// event fault 20, at the client.
#[tokio::test]
async fn a_publish_says_that_a_sync_failed() {
    breaks(SYNCS, io::ErrorKind::Other).await;
}

/// event fault 20, at the client.
#[tokio::test]
async fn a_publish_says_that_the_disk_is_full() {
    breaks(WRITES, io::ErrorKind::StorageFull).await;
}

/// event fault 20, at the client.
#[tokio::test]
async fn a_publish_says_that_the_disk_is_read_only() {
    breaks(WRITES, io::ErrorKind::ReadOnlyFilesystem).await;
}
