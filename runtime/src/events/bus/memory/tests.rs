//! All or nothing, and the bounds in bytes.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::super::Again;
use super::*;
use crate::events::Priority;
use crate::events::text::Text;
use crate::events::wire::Wire;

fn bus(events: usize, bytes: usize) -> Arc<MemoryBus> {
    Arc::new(MemoryBus::new(Bounds { events, bytes }))
}

fn subscribe(bus: &Arc<MemoryBus>, group: &str) -> Source {
    let declaration = Declaration {
        group: Text::copy(group),
        label: Text::copy(group),
        names: vec!["paid".into()],
        closing: tokio::sync::watch::channel(false).1,
        prefetch: 16,
        steps: Vec::new(),
    };
    bus.subscribe(&declaration).expect("few queues")
}

fn paid(target: Option<&str>, body: usize) -> Outgoing {
    let wire = Wire {
        body: Bytes::from(vec![b' '; body]),
        ..Wire::default()
    };
    Outgoing {
        route: Route::Address {
            target: target.map(Text::copy),
            source: "orders".into(),
            name: "paid".into(),
        },
        priority: Priority::Normal,
        wire: Arc::new(wire),
    }
}

fn depths(bus: &MemoryBus) -> Vec<(String, usize)> {
    let mut depths: Vec<_> = bus
        .queues()
        .into_iter()
        .map(|(label, figures)| (label, figures.depth))
        .collect();
    depths.sort();
    depths
}

#[test]
fn an_event_reaches_all_of_its_queues_or_none() {
    let bus = bus(1, usize::MAX);
    let _sources = [subscribe(&bus, "a"), subscribe(&bus, "b")];
    bus.publish(&paid(Some("b"), 1)).expect("room");
    let nack = bus.publish(&paid(None, 1)).expect_err("b is full");
    assert_eq!(nack.again, Again::Soon);
    assert_eq!(depths(&bus), [("a".to_owned(), 0), ("b".to_owned(), 1)]);
}

#[test]
fn a_queue_is_bounded_in_bytes_too() {
    let bus = bus(100, 10_000);
    let _source = subscribe(&bus, "a");
    bus.publish(&paid(None, 4000)).expect("room");
    bus.publish(&paid(None, 4000)).expect("room");
    assert!(bus.publish(&paid(None, 4000)).is_err());
    bus.publish(&paid(None, 1)).expect("room for a small one");
}

#[test]
fn what_is_unrouted_is_bounded_and_refused_until_there_is_room() {
    let bus = bus(2, usize::MAX);
    bus.publish(&paid(None, 1)).expect("room");
    bus.publish(&paid(None, 1)).expect("room");
    let nack = bus.publish(&paid(None, 1)).expect_err("full");
    assert_eq!(nack.again, Again::Soon);
    assert_eq!(
        nack.reason,
        "no queue is bound for `all.orders.paid`, and the unrouted queue is full: 2 events of 1026 bytes"
    );
    assert_eq!(bus.unrouted(), 2);
}

#[test]
fn what_is_unrouted_is_bounded_in_bytes_too() {
    let bus = bus(100, 10_000);
    for _ in 0..2 {
        bus.publish(&paid(None, 4000)).expect("room");
    }
    let nack = bus.publish(&paid(None, 4000)).expect_err("full");
    assert_eq!(nack.again, Again::Soon);
    assert_eq!(bus.discard(&super::super::Shelf::Unrouted, "none"), 0);
    let _source = subscribe(&bus, "a");
    assert_eq!(bus.replay(&super::super::Shelf::Unrouted, None), 2);
    assert_eq!(bus.unrouted(), 0);
}

#[tokio::test]
async fn dead_letters_are_bounded_in_bytes_too() {
    let bus = bus(100, 10_000);
    let source = subscribe(&bus, "a");
    let bury = async || {
        bus.publish(&paid(None, 4000)).expect("room");
        let mut incoming = source.next().await;
        let verdict = super::super::Verdict::Dead {
            copy: Arc::clone(&incoming.wire),
        };
        incoming.token.settle(&verdict).await
    };
    bury().await.expect("room");
    bury().await.expect("room");
    let nack = bury().await.expect_err("full");
    assert_eq!(nack.again, Again::Soon);
    assert_eq!(bus.queues()[0].1.dead, 2);
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_taken_by_another_when_those_who_waited_for_it_are_gone() {
    let bus = bus(100, usize::MAX);
    let (leaving, staying) = (subscribe(&bus, "a"), subscribe(&bus, "a"));
    bus.publish(&paid(None, 1)).expect("room");
    let mut incoming = leaving.next().await;
    let waits = async |next: &mut Pin<Box<_>>| timeout(Duration::ZERO, next).await.is_err();
    let (mut first, mut second) = (Box::pin(leaving.next()), Box::pin(staying.next()));
    assert!(waits(&mut first).await && waits(&mut second).await);
    let verdict = super::super::Verdict::Retry {
        copy: Arc::clone(&incoming.wire),
        after: Duration::from_secs(1),
    };
    incoming.token.settle(&verdict).await.expect("it is in hand");
    assert!(waits(&mut first).await, "it has seen when the retry is due");
    drop(first);
    let taken = timeout(Duration::from_secs(2), second).await;
    taken.expect("the other one takes it");
}

#[tokio::test]
async fn what_is_taken_and_dropped_comes_again_and_what_is_settled_does_not() {
    let bus = bus(100, usize::MAX);
    let source = subscribe(&bus, "a");
    bus.publish(&paid(None, 1)).expect("room");
    drop(source.next().await);
    let mut incoming = source.next().await;
    let acknowledged = super::super::Verdict::Ack;
    incoming.token.settle(&acknowledged).await.expect("it is in hand");
    let again = incoming.token.settle(&acknowledged).await;
    again.expect("a second time changes nothing");
    drop(incoming);
    let figures = bus.queues().remove(0).1;
    assert_eq!((figures.depth, figures.in_hand), (0, 0));
}
