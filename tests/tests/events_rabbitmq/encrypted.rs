//! Events over `amqps:`, to a broker whose certificate is of a private authority.

use std::time::Duration;

use tokio::time::timeout;
use trunkline::{Context, EventsState, PublishFailure};
use trunkline_tests::broker::Broker;

use crate::support::{
    PATIENCE, SECOND, Tally, builder, client, numbered, start, tallying, unique, until_state,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_go_over_tls_to_a_broker_whose_authority_is_trusted() {
    let Some(broker) = Broker::start_encrypted().await else {
        return;
    };
    let client = builder(&broker.encrypted_url()).root_certificates(broker.root());
    let client = client.build().expect("legal settings");
    let (events, group, tally) = (client.events(), unique("group"), Tally::default());
    let worker = start(tallying(&events, &group, &tally)).await;
    for number in 0..100 {
        let published = events.publish(&numbered(number)).target(&group).await;
        published.expect("confirmed");
    }
    tally.wait_for(100, PATIENCE).await;
    let listed = broker.ctl(&["list_connections", "ssl"]).await;
    let encrypted: Vec<&str> = listed.lines().filter(|line| *line == "true").collect();
    assert_eq!(encrypted.len(), 2, "one to publish and one to take: {listed}");
    worker.shutdown(SECOND).await.expect("settled");
    client.shutdown(SECOND).await;
}

#[tokio::test]
async fn a_broker_whose_authority_is_unknown_is_down_and_says_why() {
    let Some(broker) = Broker::start_encrypted().await else {
        return;
    };
    let client = client(&broker.encrypted_url());
    let events = client.events();
    let is_told = |state: &EventsState| match state {
        EventsState::Down(reason) => reason.contains("localhost:") && reason.contains("certificate"),
        _ => false,
    };
    until_state(&events, 10 * SECOND, is_told).await;
    let context = Context::new().with_timeout(Duration::from_secs(2));
    let publish = trunkline::context::scope(context, async { events.publish(&numbered(1)).await });
    let error = timeout(PATIENCE, publish)
        .await
        .expect("no hang")
        .expect_err("nobody to publish to");
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unreached),
        "{error}"
    );
    assert!(error.to_string().contains("certificate"), "{error}");
    client.shutdown(SECOND).await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let Some(broker) = Broker::start_encrypted().await else {
        return;
    };
    let by_number = broker.encrypted_url().replace("localhost", "127.0.0.1");
    let client = builder(&by_number).root_certificates(broker.root());
    let client = client.build().expect("legal settings");
    let is_told = |state: &EventsState| match state {
        EventsState::Down(reason) => reason.contains("certificate") && reason.contains("localhost"),
        _ => false,
    };
    until_state(&client.events(), 10 * SECOND, is_told).await;
    client.shutdown(SECOND).await;
}
