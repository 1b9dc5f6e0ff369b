//! What was accepted is there until it is confirmed, over restarts; no more is accepted than fits.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::*;

#[tokio::test]
async fn what_was_accepted_is_there_after_a_restart() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, (0..100).map(record)).await;
    store.close().await;

    let store = folder.open();
    let taken = take_all(&store).await;
    assert_eq!(ids(&taken), (0..100).map(|id| id.to_string()).collect::<Vec<_>>());
    assert_eq!(taken[7].record(), &record(7));
    assert_eq!(store.figures().depth, 100);
}

#[tokio::test]
async fn what_was_confirmed_is_gone_after_a_restart() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, (0..100).map(record)).await;
    for taken in store.take(60).await.expect("open") {
        taken.confirm();
    }
    store.close().await;

    let store = folder.open();
    let left: Vec<_> = (60..100).map(|id| id.to_string()).collect();
    assert_eq!(ids(&take_all(&store).await), left);
}

#[tokio::test]
async fn a_confirm_leaves_the_disk_without_another_record() {
    let folder = Folder::new();
    let store = folder.open();
    store.accept(record("one")).await.expect("accepted");
    let [one] = store
        .take(9)
        .await
        .expect("open")
        .try_into()
        .ok()
        .expect("one record");
    one.confirm();
    store.flush().await.expect("open");
    let figures = store.figures();
    assert_eq!(
        (figures.depth, figures.bytes, figures.confirmed, figures.age),
        (0, 0, 1, None)
    );
}

#[tokio::test]
async fn the_figures_have_a_confirm_once_its_publisher_hears_of_it() {
    let folder = Folder::new();
    let store = folder.open();
    let kept = store.accept(record("one")).await.expect("accepted");
    store.accept(record("two")).await.expect("accepted");
    let mut taken = store.take(9).await.expect("open");
    let bytes = store.figures().bytes;
    taken.remove(0).confirm();
    assert_eq!(kept.decided().await, Fate::Confirmed);
    let figures = store.figures();
    assert_eq!((figures.confirmed, figures.depth, figures.in_flight), (1, 1, 1));
    assert_eq!(figures.bytes, bytes / 2);
    taken.remove(0).confirm();
    assert_eq!((store.figures().depth, store.figures().age), (0, None));
    store.flush().await.expect("open");
    let figures = store.figures();
    assert_eq!((figures.confirmed, figures.depth, figures.bytes), (2, 0, 0));
}

#[tokio::test]
async fn a_record_is_handed_out_once_until_it_comes_back() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, (0..3).map(record)).await;
    let mut taken = take_all(&store).await;
    assert!(store.take(9).await.expect("open").is_empty());
    assert_eq!(store.figures().in_flight, 3);
    drop(taken.remove(1));
    drop(taken.remove(0));
    assert_eq!(ids(&take_all(&store).await), ["0", "1"]);
}

#[tokio::test]
async fn a_relay_hears_of_what_arrives_and_of_what_comes_back() {
    let folder = Folder::new();
    let store = folder.open();
    let relay = store.clone();
    let first = tokio::spawn(async move {
        relay.arrived().await;
        relay.take(9).await.expect("open")
    });
    store.accept(record("one")).await.expect("accepted");
    let taken = first.await.expect("no panic");
    assert_eq!(ids(&taken), ["one"]);
    drop(taken);
    store.arrived().await;
    assert_eq!(ids(&take_all(&store).await), ["one"]);
}

#[tokio::test]
async fn records_that_wait_share_a_commit() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, (0..1000).map(record)).await;
    let figures = store.figures();
    assert_eq!(figures.accepted, 1000);
    assert!(figures.commits <= 500, "{figures:?}");
}

#[tokio::test]
async fn a_second_store_on_a_directory_is_told_which() {
    let folder = Folder::new();
    let _first = folder.open();
    let error = folder.try_open().err().expect("refused");
    assert_eq!(error, StoreError::InUse(folder.path().to_owned()));
    assert!(
        error.to_string().contains(&folder.path().display().to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn a_full_store_takes_in_order_what_fits_again() {
    let folder = Folder::new();
    let bounds = Bounds {
        records: 2,
        ..Bounds::default()
    };
    let store = Store::open(folder.path(), bounds).expect("opens");
    accept_all(&store, (0..2).map(record)).await;
    let waiting: Vec<_> = (2..5).map(|id| tokio::spawn(accept(&store, id))).collect();
    tokio::task::yield_now().await;
    // Who gives up leaves the line to those behind.
    waiting[0].abort();

    let mut order = Vec::new();
    while order.len() < 4 {
        let taken = store.take(1).await.expect("open");
        if taken.is_empty() {
            store.arrived().await;
        }
        for taken in taken {
            order.push(taken.record().id.clone());
            taken.confirm();
        }
        assert!(store.figures().depth <= 2);
    }
    assert_eq!(order, ["0", "1", "3", "4"]);
}

#[tokio::test]
async fn bytes_are_bounded_as_well() {
    let folder = Folder::new();
    let bounds = Bounds {
        bytes: 1000,
        ..Bounds::default()
    };
    let store = Store::open(folder.path(), bounds).expect("opens");
    let big = Record {
        bytes: Bytes::from(vec![0; 900]),
        ..record("big")
    };
    store.accept(big.clone()).await.expect("accepted");
    let next = tokio::time::timeout(Duration::from_millis(50), store.accept(big));
    assert!(next.await.is_err(), "there is no room");

    let larger = Record {
        bytes: Bytes::from(vec![0; 1000]),
        ..record("larger")
    };
    let error = store.accept(larger).await.expect_err("never fits");
    assert!(
        matches!(error, StoreError::TooLarge { bound: 1000, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_store_opened_with_smaller_bounds_takes_nothing_before_it_is_below_them() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, (0..10).map(record)).await;
    store.close().await;

    let bounds = Bounds {
        records: 5,
        ..Bounds::default()
    };
    let store = Store::open(folder.path(), bounds).expect("opens");
    let waiting = tokio::spawn(accept(&store, 10));
    for (left, taken) in (0..10).rev().zip(take_all(&store).await) {
        assert!(!waiting.is_finished(), "{left} left");
        taken.confirm();
        store.flush().await.expect("open");
        if left < 5 {
            break;
        }
    }
    waiting.await.expect("no panic");
}

#[tokio::test]
async fn an_expired_record_is_dead_and_not_lost() {
    let folder = Folder::new();
    let hand = Hand::default();
    let store = Store::open_with(folder.path(), Bounds::default(), hand.clock(), |file| file).expect("opens");
    let short = Record {
        expires_at: Some(hand.at(100)),
        ..record("short")
    };
    let long = Record {
        expires_at: Some(hand.at(200)),
        ..record("long")
    };
    accept_all(&store, [short.clone(), long, record("endless")]).await;
    hand.advance(100);
    assert_eq!(ids(&take_all(&store).await), ["long", "endless"]);
    store.flush().await.expect("open");

    let figures = store.figures();
    assert_eq!((figures.dead, figures.buried, figures.depth), (1, 1, 2));
    let dead = store.dead(None, 9).await.expect("open");
    assert_eq!(dead[0].record, short);
    assert!(store.dead(Some(dead[0].seq), 9).await.expect("open").is_empty());

    store.discard(dead[0].seq).expect("open");
    store.flush().await.expect("open");
    assert_eq!(
        (
            store.figures().dead,
            store.dead(None, 9).await.expect("open").len()
        ),
        (0, 0)
    );
}

#[tokio::test]
async fn records_expire_though_no_relay_asks() {
    let folder = Folder::new();
    let hand = Hand::default();
    let store = Store::open_with(folder.path(), Bounds::default(), hand.clock(), |file| file).expect("opens");
    let ends = |id: u32| Record {
        expires_at: Some(hand.at(100)),
        ..record(id)
    };
    accept_all(&store, (0..2000).map(ends)).await;
    let held = store.take(1).await.expect("open");
    hand.advance(100);
    store.flush().await.expect("open");
    store.flush().await.expect("open");
    let figures = store.figures();
    assert_eq!(
        (figures.dead, figures.depth),
        (1999, 1),
        "one is in flight and may yet be confirmed"
    );
    drop(held);
    assert!(take_all(&store).await.is_empty());
    store.close().await;
    assert_eq!(folder.open().figures().dead, 2000);
}

#[tokio::test]
async fn the_dead_have_room_of_their_own_and_take_of_the_others_beyond_it() {
    let folder = Folder::new();
    let hand = Hand::default();
    let bounds = Bounds {
        records: 8,
        ..Bounds::default()
    };
    let open = || Store::open_with(folder.path(), bounds, hand.clock(), |file| file).expect("opens");
    let store = open();
    let ends = |id: u32| Record {
        expires_at: Some(hand.at(100)),
        ..record(id)
    };
    accept_all(&store, (0..8).map(ends)).await;
    hand.advance(100);
    assert!(take_all(&store).await.is_empty());
    store.flush().await.expect("open");
    assert_eq!((store.figures().dead, store.is_crowded()), (8, true));

    // Two of the dead have room of their own; six take of that of the others.
    accept_all(&store, (8..10).map(record)).await;
    assert_is_full(&store).await;
    store.close().await;
    let store = open();
    assert_is_full(&store).await;

    for stored in store.dead(None, 6).await.expect("open") {
        store.discard(stored.seq).expect("open");
    }
    store.flush().await.expect("open");
    accept_all(&store, (10..16).map(record)).await;
    assert_is_full(&store).await;
    let figures = store.figures();
    assert_eq!((figures.dead, figures.depth, store.is_crowded()), (2, 8, false));
}

async fn assert_is_full(store: &Store) {
    let next = tokio::time::timeout(Duration::from_millis(20), store.accept(record("next")));
    assert!(next.await.is_err(), "there is room");
}

#[tokio::test]
async fn the_age_is_that_of_the_oldest() {
    let folder = Folder::new();
    let hand = Hand::default();
    let store = Store::open_with(folder.path(), Bounds::default(), hand.clock(), |file| file).expect("opens");
    hand.advance(1000);
    store.accept(record("first")).await.expect("accepted");
    hand.advance(500);
    store
        .accept(in_lane(Lane::Urgent, "second"))
        .await
        .expect("accepted");
    assert_eq!(store.figures().age, Some(Duration::from_millis(500)));
    assert_eq!(store.figures().accepted, hand.0.load(Ordering::Relaxed) / 750);
}

#[tokio::test]
async fn a_closed_store_says_so_and_its_directory_is_free() {
    let folder = Folder::new();
    let store = folder.open();
    let taken = store.take(1).await.expect("open");
    store.close().await;
    assert_eq!(store.accept(record(1)).await.err(), Some(StoreError::Closed));
    assert_eq!(store.take(1).await.err(), Some(StoreError::Closed));
    assert_eq!(store.flush().await, Err(StoreError::Closed));
    store.close().await;
    drop(taken);
    folder.open();
}

fn accept(store: &Store, id: u32) -> impl Future<Output = ()> + Send + 'static {
    let store = store.clone();
    async move {
        store.accept(record(id)).await.expect("accepted");
    }
}

#[tokio::test]
async fn a_store_without_bounds_goes_on_where_it_was() {
    let folder = Folder::new();
    let bounds = Bounds {
        records: usize::MAX,
        bytes: usize::MAX,
    };
    let open =
        || Store::open_with(folder.path(), bounds, Hand::default().clock(), |file| file).expect("opens");
    let store = open();
    accept_all(&store, (0..2).map(record)).await;
    store.close().await;
    let store = open();
    take_all(&store).await.into_iter().for_each(Taken::confirm);
    store.flush().await.expect("open");
    store.accept(record(2)).await.expect("there is room");
    store.close().await;
}

#[tokio::test]
async fn a_store_is_closed_only_once_nobody_reads_from_it() {
    let folder = Folder::new();
    for _ in 0..20 {
        let store = folder.open();
        accept_all(&store, (0..20).map(record)).await;
        let taking = store.take(20);
        let mut taking = std::pin::pin!(taking);
        // It has begun on its own thread, and is given up here.
        let begun = std::future::poll_fn(|cx| std::task::Poll::Ready(taking.as_mut().poll(cx))).await;
        drop(begun);
        store.close().await;
    }
    assert_eq!(folder.open().figures().depth, 400);
}
