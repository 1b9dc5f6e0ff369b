//! Events whose handler fails: sent again, and dead at last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use trunkline::{Delivery, HandlerError, Result};
use trunkline_tests::events::Paid;

use super::messaging::SOON;
use super::subscriber::{Gate, Subscriber, plain};

#[tokio::test]
async fn an_event_that_fails_is_to_be_sent_again_until_its_ladder_ends() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (seen, mut attempts) = mpsc::unbounded_channel();
    let is_well = Arc::new(AtomicBool::new(false));
    let well = Arc::clone(&is_well);
    let subscribe = subscriber.subscribe().on(move |event: Delivery<Paid>| {
        seen.send(event.attempt()).expect("the test listens");
        let is_well = well.load(Ordering::Relaxed);
        async move {
            if is_well {
                Ok(())
            } else {
                Err(std::io::Error::other("no stock"))
            }
        }
    });
    let ladder = [Duration::from_millis(1500), Duration::from_secs(4)];
    let _worker = subscribe.ladder(ladder).start().await?;
    assert_eq!(subscriber.post(&plain("a", 7)).await, (503, Some(2)));
    assert_eq!(subscriber.post(&plain("a", 7)).await, (503, Some(4)));
    assert_eq!(subscriber.post(&plain("a", 7)).await, (422, None));
    let made: Vec<u32> = std::iter::from_fn(|| attempts.try_recv().ok()).collect();
    assert_eq!(made, [1, 2, 3, 4, 5]);

    let dead = subscriber.client.events().dead("shipping");
    let [letter] = &dead.list().await?[..] else {
        panic!("one letter")
    };
    assert_eq!(
        (letter.id(), letter.attempts(), letter.reason()),
        ("a", 5, "no stock")
    );
    is_well.store(true, Ordering::Relaxed);
    assert!(dead.replay("a").await?);
    assert_eq!(
        tokio::time::timeout(SOON, attempts.recv())
            .await
            .expect("it is replayed"),
        Some(1)
    );
    assert!(dead.list().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_event_whose_end_is_in_its_body_has_none_when_it_is_replayed() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (seen, mut handled) = mpsc::unbounded_channel();
    let subscribe = subscriber.subscribe().on(move |event: Delivery<Paid>| {
        let sent = seen.send(event.order);
        async move { sent }
    });
    let _worker = subscribe.start().await?;
    let mut late = plain("late", 7);
    late["expires_at"] = "2026-01-02T03:04:06+00:00".into();
    assert_eq!(subscriber.post(&late).await, (422, None));
    let dead = subscriber.client.events().dead("shipping");
    let reason = dead.list().await?[0].reason().to_owned();
    assert!(reason.starts_with("the event expired at "), "{reason}");

    assert!(dead.replay("late").await?);
    let replayed = tokio::time::timeout(SOON, handled.recv()).await;
    assert_eq!(replayed.expect("it is handled"), Some(7));
    assert!(dead.list().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_panic_and_a_rejection_are_what_they_are_elsewhere() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let subscribe = subscriber.subscribe().on(|event: Delivery<Paid>| async move {
        match event.order {
            1 => panic!("a bug"),
            2 => Err(HandlerError::reject("not ours")),
            _ => Ok(()),
        }
    });
    let _worker = subscribe.start().await?;
    assert_eq!(subscriber.post(&plain("a", 1)).await, (503, Some(1)));
    assert_eq!(subscriber.post(&plain("b", 2)).await, (422, None));
    assert_eq!(subscriber.post(&plain("c", 3)).await, (200, None));
    Ok(())
}

#[tokio::test]
async fn a_handler_that_is_dropped_lets_the_event_come_again() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let gate = Gate::default();
    let worker = subscriber.subscribe().on(gate.handler::<Paid>()).start().await?;
    let event = plain("a", 7);
    let (answer, abandoned) = tokio::join!(subscriber.post(&event), async {
        gate.begun().await;
        worker
            .shutdown(Duration::ZERO)
            .await
            .expect("shut down")
            .abandoned
    });
    assert_eq!((answer, abandoned), ((503, Some(1)), 1));
    let subscribe = subscriber
        .subscribe()
        .on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) });
    let _worker = subscribe.start().await?;
    assert_eq!(subscriber.post(&event).await, (200, None));
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_of_one_subscription_is_not_handled_again_for_another() -> Result<()> {
    let subscriber = Subscriber::start().await;
    let (seen, mut handled) = mpsc::unbounded_channel();
    let rejecting = subscriber.subscribe().on(move |event: Delivery<Paid>| {
        seen.send(event.attempt()).expect("the test listens");
        async { Err::<(), _>(HandlerError::reject("not ours")) }
    });
    let audit = subscriber.subscribe().subscription("audit");
    let audit = audit
        .ladder([Duration::from_secs(1)])
        .on(|event: Delivery<Paid>| {
            let is_late = event.attempt() > 3;
            async move {
                is_late
                    .then_some(())
                    .ok_or_else(|| HandlerError::retry("not yet"))
            }
        });
    let _workers = (rejecting.start().await?, audit.start().await?);
    assert_eq!(
        subscriber.post(&plain("a", 7)).await,
        (503, Some(1)),
        "audit wants it again"
    );
    assert_eq!(
        subscriber.post(&plain("a", 7)).await,
        (422, None),
        "and has it now"
    );
    let attempts = |handled: &mut mpsc::UnboundedReceiver<u32>| {
        std::iter::from_fn(|| handled.try_recv().ok()).collect::<Vec<_>>()
    };
    assert_eq!(attempts(&mut handled), [1]);
    let dead = subscriber.client.events().dead("shipping").list().await?;
    assert_eq!(dead.len(), 1);

    // The messaging service was told: if it is sent once more, somebody wants that.
    assert_eq!(subscriber.post(&plain("a", 7)).await, (422, None));
    assert_eq!(attempts(&mut handled), [1]);
    Ok(())
}
