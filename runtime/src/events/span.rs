//! The spans of an event: PRODUCER where it is published, CONSUMER around each attempt at handling it.
//!
//! The fields are OpenTelemetry's for messaging. What is never a field: a header, a body.

use tracing::Span;
use tracing::field::Empty;

use super::delivery::Received;
use super::message::Message;
use crate::Error;
use crate::context::MakeContext;

/// What is known of an event that is published.
pub(crate) struct Sent<'a> {
    /// False where logging is off: then there are no spans and no events.
    pub(crate) enabled: bool,
    pub(crate) system: &'static str,
    pub(crate) message: &'a Message,
}

/// What is known of an event that is handled.
pub(crate) struct Handled<'a> {
    pub(crate) enabled: bool,
    pub(crate) system: &'static str,
    pub(crate) received: &'a Received,
    /// What names the queue.
    pub(crate) group: &'a str,
    pub(crate) attempt: u32,
}

pub(crate) fn publish(sent: &Sent<'_>) -> Span {
    if !sent.enabled {
        return Span::none();
    }
    let message = sent.message;
    tracing::info_span!(
        target: "trunkline::event",
        "publish",
        otel.name = %format_args!("publish {}", message.name),
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.system = sent.system,
        messaging.operation.name = "publish",
        messaging.operation.type = "send",
        messaging.destination.name = message.name.as_str(),
        messaging.message.id = message.id.as_str(),
        messaging.message.conversation_id = message.correlation_id.as_deref(),
        messaging.message.body.size = message.body.len(),
        "error.type" = Empty,
        trunkline.target = message.target.as_deref(),
        trace_id = message.trace.id(),
    )
}

pub(crate) fn process(handled: &Handled<'_>) -> Span {
    if !handled.enabled {
        return Span::none();
    }
    let message = handled.received.message();
    tracing::info_span!(
        target: "trunkline::event",
        "process",
        otel.name = %format_args!("process {}", message.name),
        otel.kind = "consumer",
        otel.status_code = Empty,
        messaging.system = handled.system,
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = message.name.as_str(),
        messaging.consumer.group.name = handled.group,
        messaging.message.id = message.id.as_str(),
        messaging.message.conversation_id = message.correlation_id.as_deref(),
        messaging.message.body.size = message.body.len(),
        "error.type" = Empty,
        trunkline.source = message.source.as_str(),
        trunkline.attempt = handled.attempt,
        trace_id = handled.received.context().trace_id(),
    )
}

/// Says in the span of a publish how it ended.
pub(crate) fn record_outcome(span: &Span, error: Option<&Error>) {
    if let Some(error) = error {
        record_failure(span, error.kind().label());
    }
}

/// Says in a span that it failed, and how.
pub(crate) fn record_failure(span: &Span, kind: &str) {
    if !span.is_disabled() {
        span.record("otel.status_code", "ERROR")
            .record("error.type", kind);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::observe::capture::{self, Captured};
    use crate::{Client, Delivery, HandlerError};

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
}
