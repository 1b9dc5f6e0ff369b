//! The events that were handled, as the store keeps them.

use super::*;
use crate::events::outbox::Ledger;
use crate::events::text::Text;

fn ledger(store: &Store, label: &str, most: usize) -> Ledger {
    Ledger::new(store.clone(), Text::copy(label), most)
}

fn pairs(ids: impl IntoIterator<Item = u32>) -> Vec<(String, String)> {
    ids.into_iter()
        .map(|id| ("a".to_owned(), id.to_string()))
        .collect()
}

#[tokio::test]
async fn what_was_handled_is_there_after_a_restart_by_its_subscription() {
    let folder = Folder::new();
    let store = folder.open();
    let (one, other) = (ledger(&store, "one", 100), ledger(&store, "one.b", 100));
    for id in 0..5 {
        one.add("a", &id.to_string()).await.expect("stored");
    }
    other.add("a", "7").await.expect("stored");
    drop((one, other));
    store.close().await;
    drop(store);
    let store = folder.open();
    assert_eq!(
        ledger(&store, "one", 100).read().await.expect("open"),
        pairs(0..5)
    );
    assert_eq!(
        ledger(&store, "one.b", 100).read().await.expect("open"),
        pairs([7])
    );
    assert_eq!(ledger(&store, "none", 100).read().await.expect("open"), []);
}

#[tokio::test]
async fn only_the_latest_are_kept() {
    let folder = Folder::new();
    let store = folder.open();
    let wide = ledger(&store, "one", 8);
    for id in 0..20 {
        wide.add("a", &id.to_string()).await.expect("stored");
    }
    assert_eq!(wide.read().await.expect("open"), pairs(12..20));
    let narrow = ledger(&store, "one", 2);
    narrow.add("a", "20").await.expect("stored");
    assert_eq!(narrow.read().await.expect("open"), pairs(19..21));
}

#[tokio::test]
async fn many_share_a_commit() {
    let folder = Folder::new();
    let store = folder.open();
    let ledger = ledger(&store, "one", 10_000);
    let mut adding = tokio::task::JoinSet::new();
    for id in 0..500 {
        let ledger = ledger.clone();
        adding.spawn(async move { ledger.add("a", &id.to_string()).await });
    }
    while let Some(added) = adding.join_next().await {
        added.expect("no panic").expect("stored");
    }
    assert_eq!(ledger.read().await.expect("open").len(), 500);
    assert!(store.figures().commits < 250, "{}", store.figures().commits);
}

#[tokio::test]
async fn a_store_that_has_ended_says_so() {
    let folder = Folder::new();
    let store = folder.open();
    let ledger = ledger(&store, "one", 8);
    store.close().await;
    assert!(ledger.add("a", "1").await.is_err());
    assert!(ledger.read().await.is_err());
}
