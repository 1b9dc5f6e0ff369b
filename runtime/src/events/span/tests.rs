//! What spans say of events, as a collector sees them.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::observe::capture::{self, Captured};
use crate::{Client, Delivery, HandlerError, OutboxSource};

/// The spans and events of one that is published and handled, and of one that is rejected.
async fn traced(logging: bool) -> Vec<Captured> {
    capture::start();
    let client = Client::builder()
        .name("orders")
        .logging(logging)
        .build()
        .expect("legal");
    let events = client.events();
    let subscribe = events
        .subscribe("shipping")
        .on_named("paid", |event: Delivery<_>| async move {
            if event.is_null() {
                Err(HandlerError::reject("null"))
            } else {
                Ok(())
            }
        });
    let worker = subscribe.start().await.expect("legal");
    events
        .publish_named("paid", &7)
        .id("1")
        .correlation_id("c")
        .await
        .expect("room");
    events.publish_named("paid", &()).id("2").await.expect("room");
    tokio::time::sleep(Duration::from_secs(1)).await;
    worker.shutdown(Duration::from_secs(1)).await.expect("in process");
    capture::seen()
}

fn check(span: &Captured, fields: &[(&str, &str)]) {
    for (name, expected) in fields {
        assert_eq!(span.field(name), Some(*expected), "{name} of {span:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_has_a_producers_and_a_consumers_span_of_one_trace() {
    let seen = traced(true).await;
    let named = |name: &str, id: &str| {
        let is = |span: &&Captured| span.name == name && span.field("messaging.message.id") == Some(id);
        seen.iter().find(is).expect(name).clone()
    };
    let (publish, process) = (named("publish", "1"), named("process", "1"));
    let common = [
        ("messaging.system", "memory"),
        ("messaging.destination.name", "paid"),
        ("messaging.message.conversation_id", "c"),
        ("messaging.message.body.size", "1"),
    ];
    check(&publish, &common);
    check(&process, &common);
    check(
        &publish,
        &[
            ("otel.name", "publish paid"),
            ("otel.kind", "producer"),
            ("messaging.operation.name", "publish"),
            ("messaging.operation.type", "send"),
        ],
    );
    check(
        &process,
        &[
            ("otel.name", "process paid"),
            ("otel.kind", "consumer"),
            ("messaging.operation.name", "process"),
            ("messaging.operation.type", "process"),
            ("messaging.consumer.group.name", "shipping"),
            ("trunkline.source", "orders"),
            ("trunkline.attempt", "1"),
        ],
    );
    assert_eq!(publish.field("trace_id"), process.field("trace_id"));
    assert_eq!(process.field("error.type"), None);
}

/// The system in the span of a publish to this address, where nobody listens.
async fn system_at(url: &str) -> Option<String> {
    capture::start();
    let client = Client::builder()
        .name("orders")
        .events(url)
        .build()
        .expect("legal");
    let context = crate::Context::new().with_timeout(Duration::from_secs(1));
    let publish = async { client.events().publish_named("paid", &7).await };
    let _ = crate::context::scope(context, publish).await;
    let seen = capture::seen();
    let span = seen.iter().find(|span| span.name == "publish")?;
    span.field("messaging.system").map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn a_span_names_what_carries_the_event() {
    assert_eq!(system_at("memory:").await.as_deref(), Some("memory"));
    assert_eq!(system_at("http://127.0.0.1:1").await.as_deref(), Some("http"));
    #[cfg(feature = "amqp")]
    assert_eq!(system_at("amqp://127.0.0.1:1").await.as_deref(), Some("rabbitmq"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_marks_its_span_and_is_logged_once() {
    let seen = traced(true).await;
    let failed: Vec<_> = seen
        .iter()
        .filter(|span| span.field("error.type").is_some())
        .collect();
    assert_eq!(failed.len(), 1);
    check(
        failed[0],
        &[("error.type", "rejected"), ("otel.status_code", "ERROR")],
    );
    let logged: Vec<_> = seen
        .iter()
        .filter(|event| event.field("reason").is_some())
        .collect();
    assert_eq!(logged.len(), 1);
    check(
        logged[0],
        &[
            ("reason", "null"),
            ("attempts", "1"),
            ("messaging.message.id", "2"),
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_traced_where_logging_is_off() {
    assert!(traced(false).await.is_empty());
}

#[cfg(feature = "testing")]
#[test]
fn an_envelope_has_a_producers_span_and_is_recorded() {
    capture::start();
    let recording = crate::testing::RecordingEvents::new();
    let client = Client::builder()
        .record_events(&recording)
        .build()
        .expect("legal");
    let publish = client.events().publish_named("paid", &7).id("1");
    publish.envelope().expect("legal");
    let seen = capture::seen();
    check(
        &seen[0],
        &[
            ("otel.name", "publish paid"),
            ("otel.kind", "producer"),
            ("messaging.operation.type", "create"),
            ("messaging.message.id", "1"),
        ],
    );
    assert_eq!((seen.len(), recording.published()[0].id()), (1, "1"));
}

/// The spans of an event that is stored and sent by a relay, and its trace.
fn check_relayed(seen: &[Captured]) {
    let named = |name: &str| seen.iter().find(|span| span.name == name).expect("it is traced");
    let (publish, send) = (named("publish"), named("send"));
    assert_eq!(publish.field("messaging.operation.type"), Some("create"));
    check(
        send,
        &[
            ("otel.name", "send paid"),
            ("otel.kind", "client"),
            ("messaging.system", "memory"),
            ("messaging.operation.name", "send"),
            ("messaging.operation.type", "send"),
            ("messaging.destination.name", "paid"),
            ("messaging.message.id", "1"),
            ("messaging.message.conversation_id", "c"),
            ("messaging.message.body.size", "1"),
        ],
    );
    assert_eq!((send.field("error.type"), send.parent), (None, None));
    assert_eq!(send.field("trace_id"), publish.field("trace_id"));
    let place = send.field("traceparent").expect("it has one");
    assert!(
        place.contains(send.field("trace_id").expect("it has one")),
        "{place}"
    );
}

#[cfg(feature = "outbox")]
#[tokio::test]
async fn the_relay_of_the_outbox_has_a_span_in_the_trace_of_the_event() {
    let name = format!("trunkline-spans-{}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    capture::start();
    let client = Client::builder().outbox(&directory).build().expect("legal");
    let publish = client
        .events()
        .publish_named("paid", &7)
        .id("1")
        .correlation_id("c");
    publish.await.expect("stored").confirmed().await.expect("sent");
    let seen = capture::seen();
    client.shutdown(Duration::from_secs(9)).await;
    std::fs::remove_dir_all(directory).expect("it is there");
    check_relayed(&seen);
}

/// A table of one row that a relay asks for.
struct Row(Mutex<Option<Vec<u8>>>, mpsc::UnboundedSender<()>);

impl OutboxSource for Row {
    type Row = ();
    type Error = std::convert::Infallible;

    async fn page(&self, _: Option<()>, _: usize) -> Result<Vec<((), Vec<u8>)>, Self::Error> {
        let row = self.0.lock().expect("no panic").take();
        Ok(row.into_iter().map(|bytes| ((), bytes)).collect())
    }

    async fn published(&self, _: Vec<()>) -> Result<(), Self::Error> {
        self.1.send(()).expect("the test listens");
        Ok(())
    }

    async fn refused(&self, (): (), reason: String) -> Result<(), Self::Error> {
        panic!("{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_relay_of_an_own_outbox_has_a_span_in_the_trace_of_the_event() {
    capture::start();
    let events = Client::builder().build().expect("legal").events();
    let publish = events.publish_named("paid", &7).id("1").correlation_id("c");
    let bytes = publish.envelope().expect("legal").to_bytes();
    let (tell, mut told) = mpsc::unbounded_channel();
    let relay = events.relay(Row(Mutex::new(Some(bytes)), tell)).expect("legal");
    told.recv().await.expect("it is sent");
    relay.shutdown(Duration::from_secs(1)).await;
    check_relayed(&capture::seen());
}
