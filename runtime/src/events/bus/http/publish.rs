//! One event to the messaging service: an idempotent call, and what its outcome says of the event.

use serde_json::Value;
use tokio::time::Instant;

use super::super::super::PublishFailure;
use super::super::super::format;
use super::super::super::message::Message;
use super::super::super::topology::Route;
use super::super::{Again, Nack, Outgoing};
use super::MessagingDialect;
use crate::client::ServiceClient;
use crate::context::scope;
use crate::reply::{Raw, Reply};
use crate::{Context, Error, ErrorKind};

/// How a publish ended.
pub(super) enum Published {
    Taken,
    /// The messaging service answered.
    Refused(Nack),
    /// It could not be asked.
    Away(Nack),
}

impl Published {
    pub(super) fn is_err_and_down(&self) -> bool {
        matches!(self, Self::Away(_))
    }

    pub(super) fn into_result(self) -> Result<(), Nack> {
        match self {
            Self::Taken => Ok(()),
            Self::Refused(nack) | Self::Away(nack) => Err(nack),
        }
    }
}

/// Publishes in the trace of the event; the call's own retries are those of the service's settings.
pub(super) async fn publish(
    service: &ServiceClient,
    dialect: MessagingDialect,
    outgoing: &Outgoing,
    deadline: Option<Instant>,
) -> Published {
    let message = match format::read(&outgoing.wire) {
        Ok(message) => message,
        Err(unreadable) => return Published::Refused(Nack::permanent(unreadable.to_string())),
    };
    let Some(body) = dialect.write(&message, &outgoing.route) else {
        return Published::Refused(no_place_for_a_key());
    };
    let call = service
        .post(dialect.path())
        .header("content-type", "application/json")
        .idempotency_key(message.id.as_str())
        .body(body);
    match scope(context(service, &message, deadline), call.send()).await {
        Ok(reply) => judge(dialect, &reply),
        Err(error) => failed(&error),
    }
}

/// # Errors
/// For good, where the dialect has no place for what the event says.
pub(super) fn check(dialect: MessagingDialect, outgoing: &Outgoing) -> Result<(), Nack> {
    match (dialect, &outgoing.route) {
        (MessagingDialect::Plain, Route::Key(_)) => Err(no_place_for_a_key()),
        (MessagingDialect::Plain | MessagingDialect::V1, _) => Ok(()),
    }
}

fn no_place_for_a_key() -> Nack {
    Nack::permanent(
        "a routing key cannot be sent in the dialect `plain`; expected `v1`, or an event without one",
    )
}

fn context(service: &ServiceClient, message: &Message, deadline: Option<Instant>) -> Context {
    let trace = &message.trace;
    let context = Context::of_event(
        &service.shared().random,
        trace.traceparent.as_deref(),
        trace.tracestate.as_deref(),
        trace.trace_id.as_deref(),
        trace.baggage.as_deref(),
    );
    match deadline {
        Some(deadline) => context.with_deadline(deadline),
        None => context,
    }
}

/// A 200 whose body does not say otherwise is a confirmation.
fn judge(dialect: MessagingDialect, reply: &Reply<Raw>) -> Published {
    let status = reply.status().as_u16();
    if status != 200 {
        let reason = format!("the messaging service answered {status}; expected 200");
        return Published::Refused(unconfirmed(Nack {
            again: Again::AfterAChange,
            ..Nack::temporary(reason)
        }));
    }
    let body: Option<Value> = serde_json::from_slice(reply.value().bytes()).ok();
    if body.as_ref().and_then(|body| body.get("success")) == Some(&Value::Bool(false)) {
        let said = body.as_ref().and_then(|body| body.get("message")?.as_str());
        let said = crate::error::excerpt(said.unwrap_or("no reason").as_bytes());
        return Published::Refused(Nack::temporary(format!(
            "the messaging service refused the event: {said}"
        )));
    }
    if dialect.is_proof(body.as_ref()) {
        return Published::Taken;
    }
    let reason = "the messaging service answered 200 with something else than a JSON object";
    Published::Refused(unconfirmed(Nack::temporary(reason)))
}

fn failed(error: &Error) -> Published {
    let nack = Nack {
        after: error.retry_after().unwrap_or_default(),
        ..Nack::temporary(format!("the messaging service: {}", error.cause()))
    };
    match error.kind() {
        ErrorKind::Status => Published::Refused(of_status(error, nack)),
        ErrorKind::Config | ErrorKind::Request | ErrorKind::Business => Published::Refused(Nack {
            again: Again::AfterAChange,
            ..nack
        }),
        _ if error.may_have_reached_server() => Published::Away(unconfirmed(nack)),
        _ => Published::Away(Nack {
            failure: PublishFailure::Unreached,
            ..shut(nack)
        }),
    }
}

/// What the messaging service says of the event itself is for good; of all else somebody may change something.
fn of_status(error: &Error, nack: Nack) -> Nack {
    let nack = match error.response_status() {
        Some(413) => Nack {
            again: Again::Never,
            failure: PublishFailure::TooLarge,
            ..nack
        },
        Some(400 | 422) => Nack {
            again: Again::Never,
            ..nack
        },
        Some(401) => Nack {
            again: Again::AfterAChange,
            ..shut(nack)
        },
        Some(408 | 425 | 429) => nack,
        Some(status) if status >= 500 => nack,
        _ => Nack {
            again: Again::AfterAChange,
            ..nack
        },
    };
    let is_server_error = error.response_status().is_some_and(|status| status >= 500);
    // After a 500 it may have the event; a 503 with `Retry-After` says that it has not, this time.
    if is_server_error && error.may_have_reached_server() {
        unconfirmed(nack)
    } else {
        nack
    }
}

fn shut(nack: Nack) -> Nack {
    Nack {
        is_shut: true,
        ..nack
    }
}

fn unconfirmed(nack: Nack) -> Nack {
    Nack {
        failure: PublishFailure::Unconfirmed,
        ..nack
    }
}
