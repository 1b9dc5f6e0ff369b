//! `CloudEvents` 1.0 over AMQP in binary mode: the event is the body, its attributes are headers.

use super::super::message::Message;
use super::super::text::{Text, decimal};
use super::super::timestamp;
use super::super::wire::Wire;
use super::common;

/// The attributes that we write.
const ATTRIBUTES: usize = 7;

/// The attribute that says when an event is no longer worth handling. An extension: we write a header for it.
pub(super) const END: &str = "expirytime";

const SCHEMA: &str = "urn:event:";

/// Both of which the AMQP binding allows; the underscore is for those that speak JMS, and what we write.
const PREFIXES: [&str; 2] = ["cloudEvents_", "cloudEvents:"];

pub(super) fn write(message: &Message) -> Wire {
    let mut headers = common::headers(message, ATTRIBUTES);
    headers.push("cloudEvents_specversion", "1.0");
    headers.push("cloudEvents_id", message.id.clone());
    headers.push("cloudEvents_source", message.source.clone());
    headers.push("cloudEvents_type", message.name.clone());
    if let Some(time) = message.time {
        headers.push("cloudEvents_time", timestamp::write(time, "Z"));
    }
    if let Some(target) = &message.target {
        headers.push("cloudEvents_subject", target.clone());
    }
    if let Some(version) = message.version {
        headers.push("cloudEvents_dataschema", schema(&message.name, version));
    }
    for (name, value) in &message.headers {
        headers.push(name.clone(), value.clone());
    }
    Wire {
        properties: common::properties(message, message.priority.native()),
        headers,
        body: message.body.clone(),
    }
}

/// The prefix of its attributes, where a message is in this format.
pub(super) fn prefix(wire: &Wire) -> Option<&'static str> {
    let has = |prefix: &&str| {
        let mut names = wire.headers.iter().map(|(name, _)| name.as_str());
        names.any(|name| name.strip_prefix(*prefix) == Some("type"))
    };
    PREFIXES.into_iter().find(has)
}

/// Whether a header is that attribute.
pub(super) fn is_end(name: &str) -> bool {
    PREFIXES
        .iter()
        .any(|prefix| name.strip_prefix(prefix) == Some(END))
}

/// The attributes win over the native properties, which a bridge may have written anew.
pub(super) fn read(message: &mut Message, wire: &Wire, prefix: &str) {
    for (name, value) in wire.headers.iter() {
        if let (Some(attribute), Some(value)) = (name.strip_prefix(prefix), value.text()) {
            set(message, attribute, value);
        }
    }
}

/// Takes over one attribute, in either mode; those that are unknown are the publisher's headers.
pub(super) fn set(message: &mut Message, attribute: &str, value: &Text) {
    match attribute {
        "specversion" => {}
        "id" => change(&mut message.id, value),
        "source" => change(&mut message.source, value),
        "type" => change(&mut message.name, value),
        "subject" => message.target = Some(value.clone()),
        "time" => message.time = timestamp::read(value).or(message.time),
        "datacontenttype" => message.content_type = value.clone(),
        "dataschema" => message.version = message.version.or_else(|| version(value)),
        "traceparent" => message.trace.traceparent = Some(value.clone()),
        "tracestate" => message.trace.tracestate = Some(value.clone()),
        "correlationid" => message.correlation_id = Some(value.clone()),
        END => message.expires_at = message.expires_at.or_else(|| timestamp::read(value)),
        _ => message.headers.push((Text::copy(attribute), value.clone())),
    }
}

/// The native property says the same as a rule, and to see that costs less than another copy.
fn change(place: &mut Text, value: &Text) {
    if place != value {
        *place = value.clone();
    }
}

/// The attribute is a URI; this one names no place to read the schema from.
fn schema(name: &str, version: u32) -> Text {
    Text::concat([SCHEMA, name, ":", decimal(version, &mut [0; 10])])
}

fn version(schema: &str) -> Option<u32> {
    schema.strip_prefix(SCHEMA)?.rsplit(':').next()?.parse().ok()
}
