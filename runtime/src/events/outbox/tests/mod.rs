//! What the outbox promises, against a real disk.

mod aside;
mod client;
mod damage;
mod faults;
mod handled;
mod keeps;
mod kill;
mod order;
mod speed;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::record::Lane;
use super::shared::Clock;
use super::{Bounds, Fate, Record, Store, StoreError, Taken};

/// A directory of one test, removed with it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("trunkline-outbox-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn open(&self) -> Store {
        self.try_open().expect("the store opens")
    }

    fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(self.path(), Bounds::default())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A clock that stands still until it is moved, in milliseconds since the epoch.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn clock(&self) -> Clock {
        let hand = self.clone();
        Arc::new(move || hand.at(0))
    }

    fn at(&self, later: u64) -> SystemTime {
        let millis = self.0.load(Ordering::Relaxed) + later;
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    fn advance(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

/// A record whose bytes tell its id.
#[expect(clippy::needless_pass_by_value, reason = "it is mapped over")]
fn record(id: impl ToString) -> Record {
    let id = id.to_string();
    let bytes = Bytes::from(format!("{{\"id\":\"{id}\"}}"));
    Record {
        id,
        name: "saved".into(),
        lane: Lane::Normal,
        expires_at: None,
        bytes,
    }
}

fn in_lane(lane: Lane, id: impl ToString) -> Record {
    Record { lane, ..record(id) }
}

/// Accepts at the same time, so that a few commits carry them all.
async fn accept_all(store: &Store, records: impl IntoIterator<Item = Record>) {
    let mut waiting = tokio::task::JoinSet::new();
    for record in records {
        let store = store.clone();
        waiting.spawn(async move { store.accept(record).await });
        // The order of arrival is the order of the relay.
        tokio::task::yield_now().await;
    }
    while let Some(accepted) = waiting.join_next().await {
        accepted.expect("no panic").expect("accepted");
    }
}

/// Takes everything there is, in the relay's order.
async fn take_all(store: &Store) -> Vec<Taken> {
    let mut all = Vec::new();
    loop {
        let taken = store.take(100).await.expect("the store is open");
        if taken.is_empty() {
            return all;
        }
        all.extend(taken);
    }
}

fn ids(taken: &[Taken]) -> Vec<&str> {
    taken.iter().map(|taken| taken.record().id.as_str()).collect()
}
