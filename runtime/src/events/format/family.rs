//! Reads the JSON objects of families A and B: which one it is, its keys tell.

use super::super::message::Message;
use super::super::timestamp;
use super::members::Members;
use super::{family_a, family_b};

/// Every key of both families; each value is looked at leniently.
const KEYS: [&str; 16] = [
    "id",
    "event_id",
    "type",
    "event_type",
    "event_name",
    "source_service",
    "target_service",
    "timestamp",
    "priority",
    "correlation_id",
    "user_id",
    "version",
    "expires_at",
    "headers",
    "metadata",
    "data",
];

/// The event inside the body; a body that is of neither family is the event itself.
pub(super) fn read(plain: Message) -> Message {
    let whole = plain.body.clone();
    let Ok(members) = Members::of(&whole) else {
        return plain;
    };
    // An event may be `null`, which is not the same as none.
    let Some(data) = members.get("data") else {
        return plain;
    };
    if KEYS.iter().any(|key| members.is_repeated(key)) {
        return plain;
    }
    let time = members.text("timestamp").and_then(|text| timestamp::read(&text));
    let id = members.text("id").or_else(|| members.text("event_id"));
    let inside = Message {
        id: id.unwrap_or_else(|| plain.id.clone()),
        time: time.or(plain.time),
        body: whole.slice_ref(data.get().as_bytes()),
        ..plain.clone()
    };
    if let Some(name) = members.text("event_name") {
        return family_b::read(inside, name, &members);
    }
    match members.text("type").or_else(|| members.text("event_type")) {
        Some(name) => family_a::read(inside, &name, &members),
        None => plain,
    }
}
