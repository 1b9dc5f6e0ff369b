//! A broker that is short of memory: it takes nothing, and delivers still.

use std::time::Duration;

use tokio::time::sleep;
use trunkline::{Delivery, EventsState, HandlerError};
use trunkline_tests::broker::Broker;

use crate::support::{
    Folder, Numbered, PATIENCE, SECOND, Tally, builder, numbered, scaled, start, unique, until_state,
};

/// event fault 10
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_an_alarm_events_are_accepted_and_handled_still() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let folder = Folder::new();
    let client = builder(&broker.url())
        .outbox(folder.path())
        .build()
        .expect("legal");
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let handled = tally.clone();
    let slow = events.subscribe(&group).on(move |event: Delivery<Numbered>| {
        let handled = handled.clone();
        async move {
            sleep(Duration::from_millis(20)).await;
            handled.push(event.number);
            Ok::<(), HandlerError>(())
        }
    });
    let worker = start(slow.concurrency(1).prefetch(16)).await;
    for number in 0..500 {
        let receipt = events
            .publish(&numbered(number))
            .target(&group)
            .await
            .expect("stored");
        if number == 499 {
            receipt.confirmed().await.expect("confirmed");
        }
    }
    broker
        .ctl(&["set_vm_memory_high_watermark", "absolute", "1"])
        .await;
    events
        .publish(&numbered(500))
        .target(&group)
        .await
        .expect("stored");
    let noticed = until_state(&events, SECOND, |state| *state == EventsState::Blocked).await;
    let before = tally.total();
    for number in 501..600 {
        events
            .publish(&numbered(number))
            .target(&group)
            .await
            .expect("stored under the alarm");
    }
    sleep(scaled(3, 20) * SECOND).await;
    let meanwhile = tally.total() - before;
    println!("fault 10: noticed after {noticed:?}, {meanwhile} handled meanwhile");
    assert!(
        meanwhile > 20,
        "{meanwhile}: more than were taken before the alarm"
    );
    assert_eq!(events.state().expect("configured"), EventsState::Blocked);
    broker.ctl(&["set_vm_memory_high_watermark", "0.9"]).await;
    tally.wait_for(600, PATIENCE).await;
    let metrics = client.metrics().events;
    assert!(metrics.blocked >= 3 * SECOND, "{:?}", metrics.blocked);
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}
