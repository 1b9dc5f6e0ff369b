//! Brokers that let nobody declare, and those that have other queues than we would make.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;
use trunkline::{Context, Error, ErrorKind, EventsState};
use trunkline_tests::broker::Broker;

use crate::support::{PATIENCE, SECOND, Tally, client, numbered, start, tallying, unique, until_state};

/// What a broker logs of each connection.
const ACCEPTED: &str = "accepting AMQP connection";

fn verifying(broker: &Broker) -> String {
    format!("{}?declare=verify", broker.url())
}

/// A classic queue of this name, where ours would be of another kind.
async fn declare_classic(broker: &Broker, queue: &str) {
    let declare = format!(
        "rabbit_amqqueue:declare(rabbit_misc:r(<<\"/\">>, queue, <<\"{queue}\">>), true, false, [], none, <<\"a test\">>)."
    );
    broker.ctl(&["eval", &declare]).await;
}

/// Why a subscription does not begin.
async fn refusal(client: &trunkline::Client, group: &str) -> Error {
    let subscribe = tallying(&client.events(), group, &Tally::default());
    let started = timeout(PATIENCE, subscribe.start()).await;
    let error = started
        .expect("no hang")
        .expect_err("its queues are not as they ought to be");
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error
}

/// The connections of the broker, each under its process.
async fn connections(broker: &Broker) -> Vec<String> {
    let listed = broker.ctl(&["list_connections", "pid"]).await;
    let mut connections: Vec<String> = listed.lines().map(str::to_owned).collect();
    connections.sort_unstable();
    connections
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_takes_what_is_there() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let (operator, group, tally) = (client(&broker.url()), unique("group"), Tally::default());
    let worker = start(tallying(&operator.events(), &group, &Tally::default())).await;
    worker.shutdown(SECOND).await.expect("settled");
    operator.shutdown(SECOND).await;
    let before = broker.ctl(&["list_queues", "name"]).await;
    let client = client(&verifying(&broker));
    let events = client.events();
    let worker = start(tallying(&events, &group, &tally)).await;
    let published = events.publish(&numbered(1)).target(&group).await;
    published.expect("confirmed");
    tally.wait_for(1, PATIENCE).await;
    assert_eq!(
        broker.ctl(&["list_queues", "name"]).await,
        before,
        "nothing was made"
    );
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_names_what_is_missing_and_makes_nothing() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let client = client(&verifying(&broker));
    let error = refusal(&client, "nobodys").await;
    assert!(
        error.message().contains("exchange `trunkline.unrouted`"),
        "{error}"
    );
    // And so says a publish, at its deadline.
    let is_told = |state: &EventsState| matches!(state, EventsState::Down(reason) if reason.contains("`trunkline.unrouted`"));
    until_state(&client.events(), 10 * SECOND, is_told).await;
    client.shutdown(SECOND).await;

    let operator = crate::support::client(&broker.url());
    let published = operator.events().publish(&numbered(1)).target("other").await;
    published.expect("the exchanges are made with it");
    operator.shutdown(SECOND).await;
    let client = crate::support::client(&verifying(&broker));
    let error = refusal(&client, "nobodys").await;
    assert!(error.message().contains("queue `trunkline.q.nobodys"), "{error}");
    client.shutdown(SECOND).await;
    let queues = broker.ctl(&["list_queues", "name"]).await;
    assert!(!queues.contains("nobodys"), "{queues}");
}

/// event fault 19
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_with_other_arguments_is_one_clear_error() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let (client, group, other, tally) = (
        client(&broker.url()),
        unique("group"),
        unique("other"),
        Tally::default(),
    );
    let events = client.events();
    let worker = start(tallying(&events, &other, &tally)).await;
    events
        .publish(&numbered(0))
        .target(&other)
        .await
        .expect("confirmed");
    tally.wait_for(1, PATIENCE).await;
    declare_classic(&broker, &format!("trunkline.q.{group}")).await;
    let (before, accepted) = (connections(&broker).await, broker.logged(ACCEPTED));
    let error = refusal(&client, &group).await;
    let message = error.message();
    assert!(
        message.contains(&format!("queue `trunkline.q.{group}`")),
        "{message}"
    );
    assert!(message.contains("arg 'x-dead-letter-exchange'"), "{message}");

    // The same for whoever publishes to it, for as long as it tries.
    let context = Context::new().with_timeout(Duration::from_secs(5));
    let publish = trunkline::context::scope(context, async {
        events.publish(&numbered(1)).target(&group).await
    });
    let error = publish.await.expect_err("its target has another queue");
    assert!(
        error
            .to_string()
            .contains(&format!("queue `trunkline.q.{group}`")),
        "{error}"
    );
    assert!(
        error.to_string().contains("arg 'x-dead-letter-exchange'"),
        "{error}"
    );

    events
        .publish(&numbered(2))
        .target(&other)
        .await
        .expect("confirmed");
    tally.wait_for(2, PATIENCE).await;
    assert_eq!(connections(&broker).await, before, "none of them was made anew");
    let more = broker.logged(ACCEPTED) - accepted;
    assert!(more <= 1, "{more} more connections within 5 s");
    // The subscription that was refused, once: it is not tried again.
    let counted = client.metrics().events.reconnects;
    assert_eq!(counted, BTreeMap::from([("conflict".to_owned(), 1)]));
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}
