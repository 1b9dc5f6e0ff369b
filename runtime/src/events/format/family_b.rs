//! The JSON of family B, as its services put it on the exchange `aury.events`.

use super::super::Priority;
use super::super::message::Message;
use super::super::text::Text;
use super::super::timestamp;
use super::super::wire::Wire;
use super::common;
use super::json_object::JsonObject;
use super::members::{Members, text};

const SOURCE: &str = "source_service";
const TARGET: &str = "target_service";
const PRIORITY: &str = "priority";
const CORRELATION: &str = "correlation_id";

pub(super) fn write(message: &Message) -> Wire {
    let time = message.time.map(|time| timestamp::write(time, "+00:00"));
    let body = JsonObject::new(message.body.len())
        .text("id", &message.id)
        .text("event_name", &message.name)
        .optional("timestamp", time.as_ref())
        .json("metadata", &metadata(message))
        .json("data", &message.body)
        .finish();
    Wire {
        properties: common::properties(message, message.priority.number()),
        headers: common::headers(message, 0),
        body,
    }
}

/// The publisher's headers, and what the object has no member for.
fn metadata(message: &Message) -> Vec<u8> {
    let mut object = JsonObject::new(0).text(SOURCE, &message.source);
    if let Some(target) = &message.target {
        object = object.text(TARGET, target);
    }
    if message.priority != Priority::Normal {
        object = object.number(PRIORITY, message.priority.number().into());
    }
    if let Some(id) = &message.correlation_id {
        object = object.text(CORRELATION, id);
    }
    for (name, value) in &message.headers {
        object = object.foreign(name, value);
    }
    object.finish().into()
}

pub(super) fn read(inside: Message, name: Text, members: &Members<'_>) -> Message {
    let mut message = inside;
    // Native numbers are of ten steps, those of this family of four.
    message.priority = Priority::Normal;
    message.name = name;
    let metadata = members.object("metadata");
    for (name, value) in metadata.iter() {
        let Some(value) = text(value) else { continue };
        match &**name {
            SOURCE => message.source = value,
            TARGET => message.target = Some(value),
            PRIORITY => message.priority = Priority::from_name(&value).unwrap_or_default(),
            CORRELATION => message.correlation_id = Some(value),
            _ => message.headers.push((Text::copy(name), value)),
        }
    }
    message
}
