//! Records that were refused for now.

use tokio::time::timeout;

use super::super::Pause;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Refuses them for a second.
fn refuse(taken: Vec<Taken>, key: &str) {
    for taken in taken {
        let pause = Pause {
            most: SECOND,
            at_least: SECOND,
            draw: |longest| longest,
        };
        taken.set_aside(key, pause);
    }
}

#[tokio::test]
async fn what_is_set_aside_comes_again_alone_and_the_others_follow_it() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, (0..41).map(record)).await;
    refuse(store.take(40).await.expect("open"), "shipping");
    assert_eq!(store.figures().in_flight, 0);
    let fresh = take_all(&store).await;
    assert_eq!(ids(&fresh), ["40"]);

    let mut order = Vec::new();
    while order.len() < 40 {
        store.arrived().await;
        for taken in take_all(&store).await {
            order.push(taken.record().id.clone());
            taken.confirm();
        }
    }
    assert_eq!(order, (0..40).map(|id| id.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_set_aside_expires_in_its_time() {
    let folder = Folder::new();
    let hand = Hand::default();
    let store = Store::open_with(folder.path(), Bounds::default(), hand.clock(), |file| file).expect("opens");
    let ends = |id: u32| Record {
        expires_at: Some(hand.at(100)),
        ..record(id)
    };
    accept_all(&store, (0..2000).map(ends)).await;
    refuse(take_all(&store).await, "shipping");
    hand.advance(100);
    store.flush().await.expect("open");
    store.flush().await.expect("open");
    let figures = store.figures();
    assert_eq!((figures.dead, figures.depth), (2000, 0));
    store.arrived().await;
    assert!(take_all(&store).await.is_empty(), "none of them comes again");
}

#[tokio::test]
async fn why_a_record_was_refused_for_good_is_kept_until_it_is_discarded() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, (0..2).map(record)).await;
    let reasons = ["no such type".to_owned(), "ü".repeat(1000)];
    for (taken, reason) in take_all(&store).await.into_iter().zip(&reasons) {
        taken.bury(reason);
    }
    store.close().await;

    let store = folder.open();
    let dead = store.dead(None, 9).await.expect("open");
    let kept: Vec<_> = dead.iter().map(|stored| stored.refused.as_deref()).collect();
    assert_eq!(kept, [Some("no such type"), Some(&*"ü".repeat(128))]);
    store.discard(dead[0].seq).expect("open");
    store.flush().await.expect("open");
    assert_eq!(store.dead(None, 9).await.expect("open"), dead[1..]);
}

#[tokio::test]
async fn a_line_goes_on_behind_one_that_is_refused_for_good() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, (0..2).map(record)).await;
    refuse(take_all(&store).await, "shipping");
    let mut one = next(&store).await;
    assert_eq!(ids(&one), ["0"]);
    // Nothing is left of what woke the relay for it.
    let others = timeout(SECOND / 10, next(&store)).await;
    assert!(others.is_err(), "one at a time");
    one.remove(0).bury("it is too large");
    let next = timeout(20 * SECOND, next(&store)).await;
    assert_eq!(ids(&next.expect("somebody is woken for it")), ["1"]);
}

/// What is taken once something has arrived.
async fn next(store: &Store) -> Vec<Taken> {
    loop {
        store.arrived().await;
        let taken = take_all(store).await;
        if !taken.is_empty() {
            return taken;
        }
    }
}
