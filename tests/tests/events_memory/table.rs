//! The table of faults, as far as it applies without a broker: all of it at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::sleep;
use trunkline::context::{Context, scope};
use trunkline::{
    Client, DeadLetter, Delivery, Events, HandlerError, Priority, PublishFailure, Result, Worker,
};
use trunkline_tests::events::{Log, Paid, SECOND, client};

const EVENTS: u32 = 2000;

fn trace(order: u32) -> String {
    format!("order-{order}")
}

/// Every tenth event is of a kind that nobody handles.
fn is_unrouted(order: u32) -> bool {
    order.is_multiple_of(10)
}

/// Two of a hundred never succeed: one fails, one panics.
fn is_hopeless(order: u32) -> bool {
    matches!(order % 100, 7 | 8)
}

/// A subscription that logs, and counts the events that come in another trace than theirs.
async fn shipping(events: &Events, log: &Log, strays: &Arc<AtomicU32>) -> Worker {
    let (log, strays) = (log.clone(), Arc::clone(strays));
    let subscribe = events.subscribe("shipping").concurrency(16);
    let subscribe = subscribe.ladder([1, 2, 3, 4].map(Duration::from_secs));
    let subscribe = subscribe.on(move |event: Delivery<Paid>| {
        log.push(&event);
        let order = event.order;
        let is_stray = event.context().trace_id() != trace(order);
        strays.fetch_add(u32::from(is_stray), Ordering::Relaxed);
        async move {
            sleep(SECOND / 100).await;
            assert!(order % 100 != 8, "poison");
            match order % 100 {
                7 => Err(HandlerError::retry("no stock")),
                _ => Ok(()),
            }
        }
    });
    subscribe.start().await.expect("a legal subscription")
}

/// Publishes from sixteen tasks through one handle, each event in a trace of its own; counts the answers that are another's.
async fn publish(events: &Events) -> u32 {
    let tasks = (0..16).map(|task| {
        let events = events.clone();
        tokio::spawn(async move {
            let mut wrong = 0;
            for order in (task..EVENTS).step_by(16) {
                let id = format!("n-{order}");
                let publish = async {
                    if is_unrouted(order) {
                        return events.publish_named("nobody", &order).id(&id).await;
                    }
                    events.publish(&Paid { order }).target("shipping").id(&id).await
                };
                let receipt = scope(Context::new().with_trace_id(&trace(order)), publish).await;
                wrong += u32::from(receipt.expect("there is room").id() != id);
            }
            wrong
        })
    });
    let mut wrong = 0;
    for task in tasks.collect::<Vec<_>>() {
        wrong += task.await.expect("no panic");
    }
    wrong
}

/// How often each order was tried: once, or seven times where there is no hope.
fn check_attempts(log: &Log) {
    let mut attempts = BTreeMap::<u32, Vec<u32>>::new();
    for seen in log.all() {
        attempts.entry(seen.order).or_default().push(seen.attempt);
    }
    let orders = (0..EVENTS).filter(|order| !is_unrouted(*order));
    assert!(
        attempts.keys().copied().eq(orders),
        "some are lost, or nobody sent them"
    );
    for (order, attempts) in attempts {
        let expected: &[u32] = if is_hopeless(order) {
            &[1, 2, 3, 4, 5, 6, 7]
        } else {
            &[1]
        };
        assert_eq!(attempts, expected, "{order}");
    }
}

async fn check_dead(events: &Events) -> Result<()> {
    let dead = events.dead("shipping").list().await?;
    assert_eq!(dead.len(), 40);
    for letter in &dead {
        let order = letter.json::<Paid>()?.order;
        let reason = if order % 100 == 7 {
            "no stock"
        } else {
            "the handler panicked: poison"
        };
        assert_eq!((letter.attempts(), letter.reason()), (7, reason), "{order}");
    }
    Ok(())
}

async fn check_unrouted(events: &Events) -> Result<()> {
    let unrouted = events.unrouted().list().await?;
    let mut found: Vec<u32> = unrouted
        .iter()
        .map(|letter| letter.json().expect("a number"))
        .collect();
    found.sort_unstable();
    assert!(found.into_iter().eq((0..EVENTS).step_by(10)));
    Ok(())
}

/// event fault 25
#[tokio::test(start_paused = true)]
async fn what_applies_of_the_table_holds_all_at_once() -> Result<()> {
    let client = client();
    let (events, log, strays) = (client.events(), Log::start(), Arc::<AtomicU32>::default());
    // 11, 12: each publish has its own outcome, and what has no queue is kept.
    let worker = shipping(&events, &log, &strays).await;
    assert_eq!(publish(&events).await, 0, "answers that are another's");
    // 13: what is too large fails alone.
    let large = events
        .publish_named("large", &"x".repeat(1 << 20))
        .await
        .unwrap_err();
    assert_eq!(large.publish_failure(), Some(PublishFailure::TooLarge));
    // 23: a shutdown under load loses nothing and repeats nothing.
    log.wait_for(300).await;
    assert_eq!(worker.shutdown(10 * SECOND).await?.abandoned, 0);
    assert!(log.all().len() < 1500, "it ended in the middle");
    let _worker = shipping(&events, &log, &strays).await;
    // While nothing but what is hopeless is left, a subscription is slow: it might be an outage.
    sleep(24 * 3600 * SECOND).await;
    // 16, 17: seven attempts, then a dead letter with its reason; the others go on. 24: the same trace all the way.
    check_attempts(&log);
    check_dead(&events).await?;
    check_unrouted(&events).await?;
    assert_eq!(strays.load(Ordering::Relaxed), 0, "in another trace");
    // 18: what comes again is not handled again.
    let before = log.all().len();
    for _ in 0..2 {
        events.publish(&Paid { order: EVENTS + 1 }).id("same").await?;
    }
    sleep(60 * SECOND).await;
    assert_eq!(log.all().len(), before + 1);
    check_a_target_that_starts_late(&client).await
}

/// 14, 22: what was sent before a target was ever started waits for it, and what is urgent comes first.
async fn check_a_target_that_starts_late(client: &Client) -> Result<()> {
    let events = client.events();
    for order in 0..1100 {
        let priority = if order < 1000 {
            Priority::Low
        } else {
            Priority::High
        };
        events
            .publish(&Paid { order })
            .target("later")
            .priority(priority)
            .await?;
    }
    let log = Log::start();
    let seen = log.clone();
    let subscribe = events.subscribe("later").prefetch(16).concurrency(4);
    let subscribe = subscribe.on(move |event: Delivery<Paid>| {
        seen.push(&event);
        async { Ok::<(), HandlerError>(()) }
    });
    let _worker = subscribe.start().await?;
    log.wait_for(1100).await;
    let last_high = log.orders().iter().rposition(|order| *order >= 1000);
    assert!(last_high.is_some_and(|place| place < 150), "{last_high:?}");
    let unrouted = events.unrouted().list().await?;
    assert!(
        unrouted
            .iter()
            .all(|letter: &DeadLetter| letter.name() == "nobody")
    );
    Ok(())
}
