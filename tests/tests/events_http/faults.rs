//! What a publish says when the messaging service is not well.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpSocket;
use tokio::time::Instant;
use trunkline::context::{Context, scope};
use trunkline::testing::{Script, Step};
use trunkline::{Client, Error, Events, MessagingDialect, PublishFailure, Result};
use trunkline_tests::events::Paid;
use trunkline_tests::raw_tcp::{Act, RawServer, response};

use super::messaging::{Messaging, Reply};

const DIALECTS: [MessagingDialect; 2] = [MessagingDialect::Plain, MessagingDialect::V1];

fn events_of(messaging: &Messaging, dialect: MessagingDialect) -> Events {
    let client = messaging.client().messaging_dialect(dialect).seed(1).build();
    client.expect("legal settings").events()
}

/// Publishes one event within this time.
async fn publish_within(events: &Events, time: Duration) -> Result<()> {
    let context = Context::new().with_timeout(time);
    let published = scope(context, async {
        events.publish(&Paid { order: 7 }).id("paid-7").await
    });
    let receipt = published.await?;
    assert_eq!(receipt.id(), "paid-7");
    Ok(())
}

async fn failed(events: &Events, time: Duration) -> Error {
    let error = publish_within(events, time)
        .await
        .expect_err("it cannot be published");
    assert_eq!(error.event_id(), Some("paid-7"), "{error}");
    error
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test]
async fn failures_that_pass_are_tried_again_under_the_same_id() -> Result<()> {
    for dialect in DIALECTS {
        let messaging = Messaging::start().await;
        messaging.answer([500, 502, 503, 429].map(|status| Reply::new(status, "")));
        publish_within(&events_of(&messaging, dialect), seconds(30)).await?;
        let arrived = messaging.published();
        assert_eq!(arrived.len(), 5);
        assert!(
            arrived
                .iter()
                .all(|one| one.header("idempotency-key") == "paid-7")
        );
        assert!(
            arrived
                .iter()
                .all(|one| one.body["data"] == json!({ "order": 7 }))
        );
    }
    Ok(())
}

#[tokio::test]
async fn retry_after_is_kept_to() -> Result<()> {
    let messaging = Messaging::start().await;
    messaging.answer([Reply::new(503, "").header("retry-after", "1")]);
    let started = Instant::now();
    publish_within(&messaging.events(), seconds(30)).await?;
    assert!(started.elapsed() >= seconds(1));
    assert_eq!(messaging.published().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_retry_after_beyond_the_deadline_is_refused_at_once() {
    let messaging = Messaging::start().await;
    messaging.answer([Reply::new(503, "").header("retry-after", "60")]);
    let error = failed(&messaging.events(), seconds(20)).await;
    assert_eq!(error.publish_failure(), Some(PublishFailure::Refused), "{error}");
    assert_eq!(messaging.published().len(), 1);
}

#[tokio::test]
async fn an_event_that_is_refused_for_good_is_sent_once() {
    for (status, failure) in [
        (400, PublishFailure::Refused),
        (422, PublishFailure::Refused),
        (413, PublishFailure::TooLarge),
        (401, PublishFailure::Refused),
        (404, PublishFailure::Refused),
    ] {
        let messaging = Messaging::start().await;
        messaging.answer([Reply::new(status, json!({ "detail": "not that way" }))]);
        let error = failed(&messaging.events(), seconds(20)).await;
        assert_eq!(error.publish_failure(), Some(failure), "{status}: {error}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert_eq!(messaging.published().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_event_that_is_too_large_is_not_sent() {
    let messaging = Messaging::start().await;
    let events = messaging.events();
    let error = events
        .publish_named("big", &"x".repeat(1024 * 1024))
        .await
        .unwrap_err();
    assert_eq!(error.publish_failure(), Some(PublishFailure::TooLarge));
    assert!(messaging.published().is_empty());
}

#[tokio::test]
async fn a_success_that_is_false_is_no_confirmation() -> Result<()> {
    for dialect in DIALECTS {
        let messaging = Messaging::start().await;
        let no = || Reply::new(200, json!({ "success": false, "message": "the broker is away" }));
        messaging.answer([no(), no()]);
        publish_within(&events_of(&messaging, dialect), seconds(30)).await?;
        assert_eq!(messaging.published().len(), 3);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_success_that_stays_false_is_refused_at_the_deadline() -> Result<()> {
    for dialect in DIALECTS {
        let no = json!({ "success": false, "message": "the broker is away" });
        let script = Script::new().instance("http://m:1", Step::json(200, &no));
        let client = Client::builder().events("http://m:1").messaging_dialect(dialect);
        let client = client.scripted(&script).build()?;
        let started = Instant::now();
        let error = failed(&client.events(), seconds(5)).await;
        assert_eq!(error.publish_failure(), Some(PublishFailure::Refused), "{error}");
        assert!(error.to_string().contains("the broker is away"), "{error}");
        assert!((seconds(4)..=seconds(5)).contains(&started.elapsed()));
        assert!(script.hits("http://m:1") > 5);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_no_json_proves_nothing_where_json_is_the_proof() -> Result<()> {
    let messaging = Messaging::start().await;
    messaging.answer([Reply::new(200, "<html>")]);
    publish_within(&events_of(&messaging, MessagingDialect::Plain), seconds(30)).await?;
    assert_eq!(messaging.published().len(), 1);

    messaging.answer((0..1000).map(|_| Reply::new(200, "<html>")));
    let error = failed(
        &events_of(&messaging, MessagingDialect::V1),
        Duration::from_millis(300),
    )
    .await;
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unconfirmed),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn another_success_than_200_is_no_confirmation() {
    let messaging = Messaging::start().await;
    messaging.answer([Reply::new(202, "{}")]);
    let error = failed(&messaging.events(), seconds(20)).await;
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unconfirmed),
        "{error}"
    );
    assert!(error.to_string().contains("202; expected 200"), "{error}");
}

fn events_at(url: &str) -> Events {
    let client = Client::builder().name("orders").events(url).seed(1).build();
    client.expect("legal settings").events()
}

#[tokio::test]
async fn a_reset_is_tried_again_and_in_the_end_unconfirmed() -> Result<()> {
    let server = RawServer::start(|number| match number {
        0 | 1 => vec![Act::Reset],
        _ => vec![Act::Send(response("200 OK", &[], "{}"))],
    });
    let server = server.await;
    publish_within(&events_at(&server.url()), seconds(30)).await?;
    assert_eq!(server.hits(), 3);

    let server = RawServer::always([Act::Reset]).await;
    let error = failed(&events_at(&server.url()), Duration::from_millis(500)).await;
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unconfirmed),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn no_answer_before_the_deadline_is_unconfirmed() {
    let server = RawServer::always([Act::Hang]).await;
    let started = Instant::now();
    let error = failed(&events_at(&server.url()), Duration::from_millis(300)).await;
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unconfirmed),
        "{error}"
    );
    assert!(started.elapsed() < seconds(5));
}

#[tokio::test]
async fn a_messaging_service_that_is_not_there_has_surely_not_taken_it() {
    // Kept, and not listened on: else another process may get the port.
    let taken = TcpSocket::new_v4().expect("a socket");
    taken
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a free port");
    let address = taken.local_addr().expect("it is bound");
    let error = failed(
        &events_at(&format!("http://{address}")),
        Duration::from_millis(300),
    )
    .await;
    assert_eq!(
        error.publish_failure(),
        Some(PublishFailure::Unreached),
        "{error}"
    );
    assert!(!error.may_have_reached_server());
}
