//! Several addresses, and those where one is not let in.

use tokio::net::TcpListener;
use trunkline::EventsState;
use trunkline_tests::broker::Broker;

use crate::support::{PATIENCE, SECOND, Tally, client, numbered, start, tallying, unique, until_state};

/// An address where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    format!("amqp://guest:guest@{address}/%2f")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_where_nobody_listens_is_passed_over() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&format!("{},{}", nobody().await, broker.url()));
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let worker = start(tallying(&events, &group, &tally)).await;
    let published = events.publish(&numbered(1)).target(&group).await;
    published.expect("confirmed by the other one");
    tally.wait_for(1, PATIENCE).await;
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_address_takes_over_from_a_broker_that_dies() {
    let (first, second) = tokio::join!(Broker::start(), Broker::start());
    let (Some(mut first), Some(second)) = (first, second) else {
        return;
    };
    let (group, tally) = (unique("group"), Tally::default());
    // Nodes of one broker have the same queues.
    let other = client(&second.url());
    let worker = start(tallying(&other.events(), &group, &Tally::default())).await;
    worker.shutdown(SECOND).await.expect("settled");
    other.shutdown(SECOND).await;
    let client = client(&format!("{},{}", first.url(), second.url()));
    let events = client.events();
    let worker = start(tallying(&events, &group, &tally)).await;
    let publish = |number| events.publish(&numbered(number)).target(&group);
    publish(1).await.expect("confirmed by the first");
    tally.wait_for(1, PATIENCE).await;
    first.kill();
    publish(2).await.expect("confirmed by the second");
    tally.wait_for(2, PATIENCE).await;
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test]
async fn credentials_that_are_refused_are_told_without_the_password() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&broker.url().replace("guest:guest", "guest:s3cret"));
    let is_told = |state: &EventsState| match state {
        EventsState::Down(reason) => reason.contains("ACCESS_REFUSED") && reason.contains("127.0.0.1:"),
        _ => false,
    };
    let events = client.events();
    until_state(&events, 10 * SECOND, is_told).await;
    let metrics = client.metrics().events;
    assert!(
        metrics.reconnects.contains_key("refused"),
        "{:?}",
        metrics.reconnects
    );
    let shown = format!("{:?} {:?} {client:?}", events.state(), metrics);
    assert!(!shown.contains("s3cret"), "{shown}");
    client.shutdown(SECOND).await;
}
