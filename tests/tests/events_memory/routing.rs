//! Who receives what: groups, members, targets, and what nobody receives.

use serde_json::{Value, json};
use trunkline::{Client, Delivery, Events, HandlerError, Priority, Result, Worker};
use trunkline_tests::events::{Log, Paid, SECOND, client};

async fn listen(events: &Events, group: &str, log: &Log) -> Worker {
    let log = log.clone();
    let subscribe = events.subscribe(group).on(move |event: Delivery<Paid>| {
        log.push(&event);
        async { Ok::<(), HandlerError>(()) }
    });
    subscribe.start().await.expect("a legal subscription")
}

async fn publish(events: &Events, orders: impl IntoIterator<Item = u32>) {
    for order in orders {
        events.publish(&Paid { order }).await.expect("room");
    }
}

#[tokio::test(start_paused = true)]
async fn every_group_receives_and_its_members_compete() -> Result<()> {
    let events = client().events();
    let (one, other, another) = (Log::start(), Log::start(), Log::start());
    let _workers = [
        listen(&events, "shipping", &one).await,
        listen(&events, "shipping", &other).await,
        listen(&events, "billing", &another).await,
    ];
    publish(&events, 0..100).await;
    another.wait_for(100).await;
    let mut shipped = [one.orders(), other.orders()].concat();
    shipped.sort_unstable();
    assert_eq!(shipped, (0..100).collect::<Vec<_>>());
    assert_eq!(another.orders(), (0..100).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_targeted_event_reaches_its_target_alone() -> Result<()> {
    let events = client().events();
    let (shipping, billing) = (Log::start(), Log::start());
    let _workers = [
        listen(&events, "shipping", &shipping).await,
        listen(&events, "billing", &billing).await,
    ];
    events.publish(&Paid { order: 1 }).target("billing").await?;
    events
        .publish(&Paid { order: 2 })
        .routing_key("shipping.anybody.order_paid")
        .await?;
    tokio::time::sleep(SECOND).await;
    assert_eq!((shipping.orders(), billing.orders()), (vec![2], vec![1]));
    Ok(())
}

/// event fault 14 on `memory:`
#[tokio::test(start_paused = true)]
async fn events_for_a_target_that_was_never_started_are_kept() -> Result<()> {
    let events = client().events();
    for order in 0..1000 {
        events.publish(&Paid { order }).target("later").await?;
    }
    let log = Log::start();
    let _worker = listen(&events, "later", &log).await;
    log.wait_for(1000).await;
    assert_eq!(log.orders(), (0..1000).collect::<Vec<_>>());
    Ok(())
}

/// event fault 12 on `memory:`
#[tokio::test(start_paused = true)]
async fn what_no_queue_is_bound_for_is_kept_apart() -> Result<()> {
    let events = client().events();
    let log = Log::start();
    let worker = listen(&events, "shipping", &log).await;
    for order in 0..100 {
        match order % 10 {
            0 => {
                events
                    .publish_named("nobody", &json!(order))
                    .id(format!("n-{order}"))
                    .await?
            }
            _ => events.publish(&Paid { order }).await?,
        };
    }
    log.wait_for(90).await;
    let unrouted = events.unrouted().list().await?;
    let ids: Vec<&str> = unrouted.iter().map(trunkline::DeadLetter::id).collect();
    assert_eq!(ids.len(), 10);
    assert_eq!((ids[3], unrouted[3].json::<u32>()?), ("n-30", 30));

    // Nobody has bound them still; then somebody has.
    assert_eq!(events.unrouted().replay_all().await?, 0);
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let late = events.subscribe("late").on_named("nobody", move |event| {
        let sent = sender.send(event.into_inner());
        async { sent }
    });
    let late = late.start().await?;
    assert!(events.unrouted().replay("n-30").await?);
    assert_eq!(received.recv().await, Some(Value::from(30)));
    assert_eq!(events.unrouted().replay_all().await?, 9);
    late.shutdown(SECOND).await?;
    worker.shutdown(SECOND).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_subscription_of_its_own_receives_beside_the_group() -> Result<()> {
    let events = client().events();
    let (main, audit) = (Log::start(), Log::start());
    let _main = listen(&events, "shipping", &main).await;
    let audited = audit.clone();
    let subscribe = events
        .subscribe("shipping")
        .subscription("audit")
        .on(move |event: Delivery<Paid>| {
            audited.push(&event);
            async { Ok::<(), HandlerError>(()) }
        });
    let _audit = subscribe.start().await?;
    events.publish(&Paid { order: 1 }).await?;
    events.publish(&Paid { order: 2 }).target("shipping").await?;
    audit.wait_for(2).await;
    main.wait_for(2).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_client_has_a_bus_of_its_own() -> Result<()> {
    let log = Log::start();
    let _worker = listen(&client().events(), "shipping", &log).await;
    publish(&client().events(), [1]).await;
    tokio::time::sleep(SECOND).await;
    assert!(log.all().is_empty());
    Ok(())
}

/// event fault 22 on `memory:`
#[tokio::test(start_paused = true)]
async fn urgent_events_overtake_a_full_queue() -> Result<()> {
    let events = Client::builder().build()?.events();
    for order in 0..1000 {
        events
            .publish(&Paid { order })
            .target("busy")
            .priority(Priority::Low)
            .await?;
    }
    let log = Log::start();
    let logged = log.clone();
    let subscribe = events
        .subscribe("busy")
        .prefetch(16)
        .concurrency(4)
        .on(move |event: Delivery<Paid>| {
            logged.push(&event);
            async {
                tokio::time::sleep(SECOND / 100).await;
                Ok::<(), HandlerError>(())
            }
        });
    let _worker = subscribe.start().await?;
    for order in 1000..1100 {
        events
            .publish(&Paid { order })
            .target("busy")
            .priority(Priority::High)
            .await?;
    }
    log.wait_for(1100).await;
    let last_high = log.orders().iter().rposition(|order| *order >= 1000).unwrap();
    assert!(last_high < 150, "{last_high}");
    // Nobody starves.
    assert!(log.orders()[..100].iter().filter(|order| **order < 1000).count() >= 10);
    Ok(())
}
