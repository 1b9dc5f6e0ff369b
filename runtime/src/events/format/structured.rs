//! `application/cloudevents+json`: `CloudEvents` in one JSON object. Read, and not written.

use bytes::Bytes;

use super::super::message::{JSON, Message};
use super::members::{Members, text};
use super::{Unreadable, base64, cloudevents};

pub(super) fn is_one(plain: &Message) -> bool {
    essence(&plain.content_type).eq_ignore_ascii_case("application/cloudevents+json")
}

pub(super) fn read(plain: Message) -> Result<Message, Unreadable> {
    let whole = plain.body.clone();
    let members = Members::of(&whole)
        .map_err(|error| Unreadable(format!("the body is no CloudEvents object: {error}")))?;
    let mut message = Message {
        content_type: JSON.into(),
        body: Bytes::from_static(b"null"),
        ..plain
    };
    for (name, value) in members.iter() {
        if matches!(&**name, "data" | "data_base64") {
            continue;
        }
        if let Some(value) = text(value) {
            cloudevents::set(&mut message, name, &value);
        }
    }
    if let Some(body) = body(&whole, &members, &message.content_type)? {
        message.body = body;
    }
    Ok(message)
}

fn body(whole: &Bytes, members: &Members<'_>, content_type: &str) -> Result<Option<Bytes>, Unreadable> {
    if let Some(encoded) = members.get("data_base64") {
        let bytes = text(encoded).and_then(|text| base64::decode(&text));
        let wrong = || Unreadable("data_base64 is not base64".to_owned());
        return bytes.map(|bytes| Some(bytes.into())).ok_or_else(wrong);
    }
    let Some(data) = members.get("data") else {
        return Ok(None);
    };
    let raw = whole.slice_ref(data.get().as_bytes());
    if is_json(content_type) {
        return Ok(Some(raw));
    }
    // Text of another content type is a JSON string here and plain there.
    let text: Option<String> = serde_json::from_slice(&raw).ok();
    Ok(Some(text.map_or(raw, Bytes::from)))
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn is_json(content_type: &str) -> bool {
    let essence = essence(content_type).to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}
