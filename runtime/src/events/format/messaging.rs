//! The JSON of family A's messaging service, in both dialects. Read with the rest of the family, and leniently.
//!
//! What the dialect has no member for (a version from 2 on, an expiry, headers) goes along in members of their own, and
//! only where the event has it.

use bytes::Bytes;

use super::super::message::Message;
use super::super::timestamp;
use super::json_object::JsonObject;

/// The body of `POST /api/events/publish`.
pub(crate) fn write_plain(message: &Message) -> Bytes {
    let time = message.time.map(|time| timestamp::write(time, "+00:00"));
    let object = JsonObject::new(message.body.len())
        .text("event_type", &message.name)
        .json("data", &message.body)
        .optional("target_service", message.target.as_ref())
        .text("priority", message.priority.name())
        .optional("timestamp", time.as_ref())
        .text("event_id", &message.id)
        .text("source_service", &message.source)
        .optional("correlation_id", message.correlation_id.as_ref());
    with_extras(object, message)
}

/// The body of `POST /api/v1/events/publish`.
pub(crate) fn write_v1(message: &Message, routing_key: &str) -> Bytes {
    let object = JsonObject::new(message.body.len())
        .text("id", &message.id)
        .text("type", &message.name)
        .text("source_service", &message.source)
        .optional("target_service", message.target.as_ref())
        .json("data", &message.body)
        .number("priority", message.priority.number().into())
        .optional("correlation_id", message.correlation_id.as_ref())
        .text("routing_key", routing_key);
    with_extras(object, message)
}

fn with_extras(mut object: JsonObject, message: &Message) -> Bytes {
    if let Some(version) = message.version.filter(|version| *version > 1) {
        object = object.number("version", version);
    }
    if let Some(expires) = message.expires_at {
        object = object.text("expires_at", &timestamp::write(expires, "+00:00"));
    }
    if !message.headers.is_empty() {
        let headers = message.headers.iter();
        let headers = headers.fold(JsonObject::new(0), |object, (name, value)| {
            object.foreign(name, value)
        });
        object = object.json("headers", &headers.finish());
    }
    object.finish()
}
