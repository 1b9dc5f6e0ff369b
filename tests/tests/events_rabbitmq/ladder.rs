//! Events that fail: tried again after each step, then dead; and what they carry all the way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};
use trunkline::{Context, DeadLetter, Delivery, Events, HandlerError};
use trunkline_tests::broker::Broker;

use crate::support::{
    Folder, Numbered, PATIENCE, SECOND, builder, client, numbered, start, unique, wait_until,
};

/// The dead letters of a group, once there are any.
async fn first_letters(events: &Events, group: &str) -> Vec<DeadLetter> {
    loop {
        let letters = events.dead(group).list().await.expect("the broker is there");
        if !letters.is_empty() {
            return letters;
        }
    }
}

/// event fault 16
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_always_fails_is_dead_after_seven_attempts() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url());
    let (events, group) = (client.events(), unique("group"));
    let times: Arc<Mutex<Vec<(u32, Instant)>>> = Arc::default();
    let seen = Arc::clone(&times);
    let subscribe = events.subscribe(&group).on(move |event: Delivery<Numbered>| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((event.attempt(), Instant::now()));
        let reason = format!("no stock, {}", event.attempt());
        async { Err::<(), _>(HandlerError::retry(reason)) }
    });
    let worker = start(subscribe.ladder([1, 2, 3, 4].map(Duration::from_secs))).await;
    events
        .publish(&numbered(1))
        .id("one")
        .target(&group)
        .await
        .expect("confirmed");
    let dead = timeout(PATIENCE, first_letters(&events, &group)).await;
    let dead = dead.expect("it is dead at last");
    assert_eq!(dead.len(), 1);
    assert_eq!(
        (dead[0].id(), dead[0].attempts(), dead[0].reason()),
        ("one", 7, "no stock, 7")
    );
    assert_eq!(dead[0].first_failure(), Some("no stock, 1"));
    let seen = || times.lock().unwrap_or_else(PoisonError::into_inner).clone();
    check_times(&seen());
    assert!(
        events.dead(&group).replay("one").await.expect("there"),
        "and is tried again as if it were new"
    );
    assert!(wait_until(PATIENCE, || seen().len() > 7).await, "nobody tries it");
    assert_eq!(seen()[7].0, 1);
    worker.shutdown(SECOND).await.expect("settled");
    let dead = events.dead(&group).list().await.expect("there");
    assert!(dead.is_empty(), "it is no dead letter any more: {dead:?}");
    client.shutdown(SECOND).await;
}

/// One attempt, two more at once, and one after each step of the ladder.
fn check_times(times: &[(u32, Instant)]) {
    let attempts: Vec<u32> = times.iter().map(|(attempt, _)| *attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4, 5, 6, 7]);
    let gaps: Vec<Duration> = times.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    println!("fault 16: {gaps:?}");
    for (gap, step) in gaps.iter().zip([0, 0, 1, 2, 3, 4]) {
        let latest = if step == 0 {
            SECOND / 4
        } else {
            (step + 1) * SECOND
        };
        assert!((step * SECOND..latest).contains(gap), "{gaps:?}");
    }
}

/// event fault 24
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_keeps_its_trace_through_outbox_restart_and_ladder() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    let folder = Folder::new();
    let client = builder(&broker.url())
        .outbox(folder.path())
        .build()
        .expect("legal");
    let (events, group) = (client.events(), unique("group"));
    let traces: Arc<Mutex<HashMap<u32, String>>> = Arc::default();
    let seen = Arc::clone(&traces);
    let subscribe = events.subscribe(&group).on(move |event: Delivery<Numbered>| {
        // Every other one, so that this is no outage of all, in which a subscription slows down.
        let outcome = if event.number.is_multiple_of(2) && event.attempt() < 4 {
            Err(HandlerError::retry("not yet"))
        } else {
            let trace = event.context().trace_id().to_owned();
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(event.number, trace);
            Ok(())
        };
        async { outcome }
    });
    let worker = start(
        subscribe
            .ladder([50, 100].map(Duration::from_millis))
            .concurrency(64),
    )
    .await;
    broker.settle().await;
    broker.kill();
    let trace = |number: u32| format!("00-{:032x}-00f067aa0ba902b7-01", u128::from(number) + 1);
    for number in 0..100 {
        let context = Context::new().with_traceparent(&trace(number));
        let publish = trunkline::context::scope(context, async {
            events
                .publish(&numbered(number))
                .target(&group)
                .await
                .expect("stored")
        });
        publish.await;
    }
    broker.restart().await;
    let count = || traces.lock().unwrap_or_else(PoisonError::into_inner).len();
    let all = wait_until(2 * PATIENCE, || count() == 100).await;
    assert!(all, "{} of 100", count());
    for (number, seen) in &*traces.lock().unwrap_or_else(PoisonError::into_inner) {
        assert_eq!(seen, &trace(*number)[3..35], "{number}");
    }
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}
