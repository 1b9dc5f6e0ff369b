//! What becomes of an event whose handler fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;
use trunkline::{Delivery, Events, HandlerError, Result, Subscribe, Worker};
use trunkline_tests::events::{Log, Paid, SECOND, client};

/// A worker whose handler logs each attempt and then does this.
async fn worker(
    subscribe: Subscribe,
    log: &Log,
    outcome: impl Fn(&Delivery<Paid>) -> Result<(), HandlerError> + Send + Sync + 'static,
) -> Worker {
    let log = log.clone();
    let subscribe = subscribe.on(move |event: Delivery<Paid>| {
        log.push(&event);
        let outcome = outcome(&event);
        async move { outcome }
    });
    subscribe.start().await.expect("a legal subscription")
}

fn times(log: &Log) -> Vec<(u32, u64)> {
    let seen = log.all();
    seen.iter()
        .map(|seen| (seen.attempt, seen.at.as_secs()))
        .collect()
}

async fn dead_reasons(events: &Events) -> Vec<String> {
    let dead = events.dead("shipping").list().await.unwrap();
    dead.iter().map(|letter| letter.reason().to_owned()).collect()
}

/// event fault 16 on `memory:`
#[tokio::test(start_paused = true)]
async fn a_handler_that_always_fails_is_tried_seven_times_at_the_times_of_the_ladder() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let ladder = [1, 2, 3, 4].map(Duration::from_secs);
    let subscribe = events.subscribe("shipping").ladder(ladder);
    let _worker = worker(subscribe, &log, |event| {
        Err(HandlerError::retry(format!("failure {}", event.attempt())))
    })
    .await;
    let receipt = events.publish(&Paid { order: 1 }).await?;
    sleep(60 * SECOND).await;
    assert_eq!(
        times(&log),
        [(1, 0), (2, 0), (3, 0), (4, 1), (5, 3), (6, 6), (7, 10)]
    );
    let dead = events.dead("shipping").list().await?;
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].id(), dead[0].attempts()), (receipt.id(), 7));
    assert_eq!(
        (dead[0].reason(), dead[0].first_failure()),
        ("failure 7", Some("failure 1"))
    );
    assert!(dead[0].first_failure_time().is_some());
    assert_eq!(dead[0].json::<Paid>()?, Paid { order: 1 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_ladder_goes_up_to_ten_minutes() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let _worker = worker(events.subscribe("shipping"), &log, |_| {
        Err(HandlerError::retry("no"))
    })
    .await;
    events.publish(&Paid { order: 1 }).await?;
    sleep(3600 * SECOND).await;
    assert_eq!(
        times(&log),
        [(1, 0), (2, 0), (3, 0), (4, 1), (5, 11), (6, 71), (7, 671)]
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_recovers_is_done() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let _worker = worker(events.subscribe("shipping"), &log, |event| {
        match event.attempt() {
            5 => Ok(()),
            _ => Err(HandlerError::retry("not yet")),
        }
    })
    .await;
    events.publish(&Paid { order: 1 }).await?;
    sleep(3600 * SECOND).await;
    assert_eq!(log.all().len(), 5);
    assert!(dead_reasons(&events).await.is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_says_when_it_is_worth_trying_again() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let _worker = worker(events.subscribe("shipping"), &log, |event| {
        match event.attempt() {
            1 => Err(HandlerError::RetryAfter(5 * SECOND)),
            _ => Ok(()),
        }
    })
    .await;
    events.publish(&Paid { order: 1 }).await?;
    sleep(60 * SECOND).await;
    assert_eq!(times(&log), [(1, 0), (2, 10)]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_rejected_event_is_dead_at_once() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let _worker = worker(events.subscribe("shipping"), &log, |_| {
        Err(HandlerError::reject("no such order"))
    })
    .await;
    events.publish(&Paid { order: 1 }).await?;
    sleep(60 * SECOND).await;
    assert_eq!(log.all().len(), 1);
    assert_eq!(dead_reasons(&events).await, ["no such order"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn panics_and_slow_handlers_are_failures() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let logged = log.clone();
    let subscribe = events
        .subscribe("shipping")
        .ladder([])
        .concurrency(1)
        .handler_timeout(2 * SECOND);
    let _worker = subscribe
        .on(move |event: Delivery<Paid>| {
            logged.push(&event);
            assert!(event.order != 1, "order {} at once", event.order);
            async move {
                assert!(event.order != 2, "order {} later", event.order);
                sleep(3600 * SECOND).await;
                Ok::<(), HandlerError>(())
            }
        })
        .start()
        .await?;
    for order in 1..=3 {
        events.publish(&Paid { order }).await?;
    }
    sleep(60 * SECOND).await;
    assert_eq!(log.orders(), [1, 1, 1, 2, 2, 2, 3, 3, 3]);
    let expected = [
        "the handler panicked: order 1 at once",
        "the handler panicked: order 2 later",
        "the handler took longer than 2s",
    ];
    assert_eq!(dead_reasons(&events).await, expected);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_fill_the_dead_letters() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let _worker = worker(events.subscribe("shipping"), &log, move |_| {
        if down.load(Ordering::Relaxed) {
            return Err(HandlerError::retry("the database is down"));
        }
        Ok(())
    })
    .await;
    let _ = events.publish_all((0..1000).map(|order| Paid { order })).await;
    sleep(1800 * SECOND).await;
    let attempts = log.all().len();
    assert!(attempts < 400, "{attempts} attempts in half an hour");
    let dead = dead_reasons(&events).await.len();
    assert!(dead <= 20, "{dead} dead letters");

    is_down.store(false, Ordering::Relaxed);
    sleep(700 * SECOND).await;
    let mut orders: Vec<u32> = log.all()[attempts..].iter().map(|seen| seen.order).collect();
    orders.sort_unstable();
    orders.dedup();
    assert!(orders.len() >= 1000 - dead, "{} handled", orders.len());
    Ok(())
}

/// event fault 17 on `memory:`: nothing kills the process here, but a panic is as close as it gets
#[tokio::test(start_paused = true)]
async fn a_poisonous_event_does_not_stop_the_others() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let subscribe = events.subscribe("shipping").concurrency(1).ladder([SECOND]);
    let _worker = worker(subscribe, &log, |event| {
        assert!(event.order != 5, "poison");
        Ok(())
    })
    .await;
    let _ = events.publish_all((0..100).map(|order| Paid { order })).await;
    sleep(60 * SECOND).await;
    let handled = log.orders().iter().filter(|order| **order != 5).count();
    assert_eq!((handled, log.all().len()), (99, 99 + 4));
    assert_eq!(dead_reasons(&events).await, ["the handler panicked: poison"]);
    Ok(())
}
