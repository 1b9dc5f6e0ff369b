//! Dead letters: replayed, discarded, never lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::sleep;
use trunkline::{Delivery, ErrorKind, Events, HandlerError, Result, Worker};
use trunkline_tests::events::{Log, Paid, SECOND, client, events_at};

/// A worker that rejects everything until the switch is on.
async fn picky(events: &Events, log: &Log, accepts: &Arc<AtomicBool>) -> Worker {
    let (log, accepts) = (log.clone(), Arc::clone(accepts));
    let subscribe = events.subscribe("shipping").on(move |event: Delivery<Paid>| {
        log.push(&event);
        let accepts = accepts.load(Ordering::Relaxed);
        async move {
            if accepts {
                Ok(())
            } else {
                Err(HandlerError::reject("not now"))
            }
        }
    });
    subscribe.start().await.expect("a legal subscription")
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_replayed_as_if_they_came_for_the_first_time() -> Result<()> {
    let events = client().events();
    let (log, accepts) = (Log::start(), Arc::default());
    let worker = picky(&events, &log, &accepts).await;
    for order in 0..10 {
        events.publish(&Paid { order }).id(order.to_string()).await?;
    }
    sleep(SECOND).await;
    let dead = events.dead("shipping");
    assert_eq!(dead.list().await?.len(), 10);
    accepts.store(true, Ordering::Relaxed);
    assert!(dead.replay("3").await?);
    assert!(!dead.replay("3").await? && !dead.replay("none").await?);
    assert!(dead.discard("4").await?);
    assert!(!dead.discard("4").await?);
    sleep(SECOND).await;
    assert_eq!(dead.replay_all().await?, 8);
    sleep(SECOND).await;
    assert!(dead.list().await?.is_empty());
    let replayed = log.all().split_off(10);
    assert!(replayed.iter().all(|seen| seen.attempt == 1));
    assert_eq!(replayed.len(), 9);
    worker.shutdown(SECOND).await?;
    Ok(())
}

/// A slip would be an empty list, and nobody would look further.
#[tokio::test(start_paused = true)]
async fn a_name_that_no_group_has_is_an_error() {
    let events = client().events();
    for (dead, said) in [
        (
            events.dead(""),
            "group \"\": expected 1 to 128 visible ASCII characters",
        ),
        (events.dead("a b"), "group \"a b\": expected 1 to 128"),
        (
            events.dead("shipping").subscription("dead"),
            "expected another name",
        ),
    ] {
        let errors = [
            dead.list().await.expect_err(said),
            dead.replay("1").await.expect_err(said),
            dead.replay_all().await.expect_err(said),
            dead.discard("1").await.expect_err(said),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains(said), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn events_wait_in_hand_while_there_is_no_room_for_dead_letters() -> Result<()> {
    let events = events_at("memory:?events=5");
    let (log, accepts) = (Log::start(), Arc::default());
    let worker = picky(&events, &log, &accepts).await;
    for order in 0..8 {
        events.publish(&Paid { order }).id(order.to_string()).await?;
        sleep(SECOND / 10).await;
    }
    sleep(10 * SECOND).await;
    let dead = events.dead("shipping");
    assert_eq!((dead.list().await?.len(), log.all().len()), (5, 8));
    assert!(dead.discard("0").await?);
    sleep(10 * SECOND).await;
    assert_eq!(dead.list().await?.len(), 5);
    // What could not be settled goes back, and is not lost.
    worker.shutdown(SECOND).await?;
    accepts.store(true, Ordering::Relaxed);
    let before = log.all().len();
    let worker = picky(&events, &log, &accepts).await;
    sleep(SECOND).await;
    assert_eq!(log.all().len() - before, 2);
    worker.shutdown(SECOND).await?;
    Ok(())
}
