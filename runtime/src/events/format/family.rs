//! Reads the JSON objects of families A and B: which one it is, its keys tell.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::message::Message;
use super::super::text::Text;
use super::super::timestamp;
use super::{family_a, family_b};

/// Every key of both families; each value is looked at leniently.
#[derive(Deserialize)]
pub(super) struct Members<'a> {
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) event_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) event_name: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) source_service: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) target_service: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) priority: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) correlation_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) version: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) expires_at: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) headers: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) metadata: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) data: Option<&'a RawValue>,
}

/// An event may be `null`, which is not the same as none.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The event inside the body; a body that is of neither family is the event itself.
pub(super) fn read(plain: Message) -> Message {
    let whole = plain.body.clone();
    let Ok(members) = serde_json::from_slice::<Members<'_>>(&whole) else {
        return plain;
    };
    let Some(data) = members.data else { return plain };
    let time = text(members.timestamp).and_then(|text| timestamp::read(&text));
    let id = text(members.id).or_else(|| text(members.event_id));
    let inside = Message {
        id: id.unwrap_or_else(|| plain.id.clone()),
        time: time.or(plain.time),
        body: whole.slice_ref(data.get().as_bytes()),
        ..plain.clone()
    };
    if let Some(name) = text(members.event_name) {
        return family_b::read(inside, name, &members);
    }
    match text(members.kind).or_else(|| text(members.event_type)) {
        Some(name) => family_a::read(inside, &name, &members),
        None => plain,
    }
}

/// A value as text: a string, or the digits of a number; `None` for `null` and for what has parts.
pub(super) fn text(value: Option<&RawValue>) -> Option<Text> {
    let json = value?.get();
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(json).ok().map(Text::from),
        b'{' | b'[' | b'n' => None,
        _ => Some(Text::copy(json)),
    }
}
