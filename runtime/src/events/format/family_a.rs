//! The JSON of family A, as its services put it on the exchange `microservices`.

use super::super::Priority;
use super::super::message::Message;
use super::super::text::Text;
use super::super::timestamp;
use super::super::wire::Wire;
use super::common::{self, is_reserved};
use super::json_object::JsonObject;
use super::members::{Members, text};

/// The member that says when an event is no longer worth handling.
pub(super) const END: &str = "expires_at";

/// The header that is a member of the object here.
const USER_ID: &str = "user_id";

pub(super) fn write(message: &Message) -> Wire {
    let user_id = message.headers.iter().find(|(name, _)| name == USER_ID);
    let time = message.time.map(|time| timestamp::write(time, "+00:00"));
    let body = JsonObject::new(message.body.len())
        .text("id", &message.id)
        .text("type", &message.name)
        .text("source_service", &message.source)
        .optional("target_service", message.target.as_ref())
        .json("data", &message.body)
        .optional("timestamp", time.as_ref())
        .number("priority", message.priority.number().into())
        .number("retry_count", message.attempt - 1)
        .optional("correlation_id", message.correlation_id.as_ref())
        .optional(USER_ID, user_id.map(|(_, value)| value))
        .finish();
    let mut headers = common::headers(message, 0);
    for (name, value) in message.headers.iter().filter(|(name, _)| name != USER_ID) {
        headers.push(name.clone(), value.clone());
    }
    Wire {
        properties: common::properties(message, message.priority.number()),
        headers,
        body,
    }
}

/// The members win over the native properties; what older publishers wrote is understood.
pub(super) fn read(inside: Message, name: &str, members: &Members<'_>) -> Message {
    let mut message = inside;
    message.name = event_type(name);
    if let Some(source) = members.text("source_service") {
        message.source = source;
    }
    message.target = members.text("target_service");
    // The native number is on the same scale of four, so what it was read as says nothing.
    let priority = members
        .text("priority")
        .and_then(|text| Priority::from_name(&text));
    message.priority = priority.unwrap_or_default();
    message.correlation_id = members.text("correlation_id").or(message.correlation_id);
    if let Some(user_id) = members.text("user_id") {
        message.headers.push((USER_ID.into(), user_id));
    }
    read_extras(&mut message, members);
    message
}

/// What the messaging service carries beside the members of the family.
fn read_extras(message: &mut Message, members: &Members<'_>) {
    let version = members.text("version").and_then(|text| text.parse().ok());
    message.version = version.or(message.version);
    let expires_at = members.text(END).and_then(|text| timestamp::read(&text));
    message.expires_at = expires_at.or(message.expires_at);
    let headers = members.object("headers");
    for (name, value) in headers.iter().filter(|(name, _)| !is_reserved(name)) {
        if let Some(value) = text(value) {
            message.headers.push((Text::copy(name), value));
        }
    }
}

/// Older publishers wrote the member of an enum of Python, whose value is its name in lower case.
fn event_type(text: &str) -> Text {
    match text.strip_prefix("EventType.") {
        Some(member) => member.to_ascii_lowercase().into(),
        None => Text::copy(text),
    }
}
