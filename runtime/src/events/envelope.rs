//! An event on its way out, as bytes to be kept: its route and its wire form, so that the relay of another process publishes
//! exactly what was accepted.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Priority;
use super::bus::Outgoing;
use super::text::Text;
use super::topology::Route;
use super::wire::{Headers, Properties, Value, Wire};

/// Everything but the body, as JSON behind its length; the body follows as it is.
#[derive(Serialize, Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    route: Way<'a>,
    /// The native number.
    priority: u8,
    #[serde(borrow)]
    message_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    app_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content_type: Option<Cow<'a, str>>,
    /// The property, which a format may leave out.
    native_priority: Option<u8>,
    timestamp: Option<u64>,
    #[serde(borrow)]
    correlation_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    headers: Vec<(Cow<'a, str>, Held<'a>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way<'a> {
    Key(#[serde(borrow)] Cow<'a, str>),
    Address {
        #[serde(borrow)]
        target: Option<Cow<'a, str>>,
        #[serde(borrow)]
        source: Cow<'a, str>,
        #[serde(borrow)]
        name: Cow<'a, str>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Held<'a> {
    Number(i64),
    Text(#[serde(borrow)] Cow<'a, str>),
}

/// The bytes for this event.
pub(crate) fn write(outgoing: &Outgoing) -> Bytes {
    let Wire {
        properties,
        headers,
        body,
    } = &*outgoing.wire;
    let head = Head {
        route: match &outgoing.route {
            Route::Key(key) => Way::Key(Cow::Borrowed(key)),
            Route::Address { target, source, name } => Way::Address {
                target: target.as_ref().map(borrow),
                source: borrow(source),
                name: borrow(name),
            },
        },
        priority: outgoing.priority.native(),
        message_id: properties.message_id.as_ref().map(borrow),
        kind: properties.kind.as_ref().map(borrow),
        app_id: properties.app_id.as_ref().map(borrow),
        content_type: properties.content_type.as_ref().map(borrow),
        native_priority: properties.priority,
        timestamp: properties.timestamp,
        correlation_id: properties.correlation_id.as_ref().map(borrow),
        headers: headers
            .iter()
            .map(|(name, value)| (borrow(name), held(value)))
            .collect(),
    };
    let mut bytes = vec![0; 4];
    bytes.reserve(512 + body.len());
    serde_json::to_writer(&mut bytes, &head).expect("text and numbers are JSON, and memory takes them");
    let length = u32::try_from(bytes.len() - 4).expect("names and headers are bounded far below 4 GiB");
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(body);
    bytes.into()
}

/// The event under these bytes; `None` where they are not what [`write`] makes.
pub(crate) fn read(bytes: &Bytes) -> Option<Outgoing> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (head, _) = rest.split_at_checked(length)?;
    let head: Head<'_> = serde_json::from_slice(head).ok()?;
    let mut headers = Headers::with_capacity(head.headers.len());
    for (name, value) in head.headers {
        headers.append(own(name), value.into());
    }
    let wire = Wire {
        properties: Properties {
            message_id: head.message_id.map(own),
            kind: head.kind.map(own),
            app_id: head.app_id.map(own),
            content_type: head.content_type.map(own),
            priority: head.native_priority,
            timestamp: head.timestamp,
            correlation_id: head.correlation_id.map(own),
        },
        headers,
        body: bytes.slice(4 + length..),
    };
    Some(Outgoing {
        route: head.route.into(),
        priority: Priority::from_native(head.priority),
        wire: Arc::new(wire),
    })
}

impl From<Way<'_>> for Route {
    fn from(way: Way<'_>) -> Self {
        match way {
            Way::Key(key) => Self::Key(own(key)),
            Way::Address { target, source, name } => Self::Address {
                target: target.map(own),
                source: own(source),
                name: own(name),
            },
        }
    }
}

impl From<Held<'_>> for Value {
    fn from(held: Held<'_>) -> Self {
        match held {
            Held::Number(number) => Self::Number(number),
            Held::Text(text) => Self::Text(own(text)),
        }
    }
}

fn held(value: &Value) -> Held<'_> {
    match value {
        Value::Text(text) => Held::Text(borrow(text)),
        Value::Number(number) => Held::Number(*number),
    }
}

fn borrow(text: &Text) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over")]
fn own(text: Cow<'_, str>) -> Text {
    Text::copy(&text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = Text> {
        any::<String>().prop_map(Text::from)
    }

    fn some() -> impl Strategy<Value = Option<Text>> {
        proptest::option::of(text())
    }

    fn route() -> impl Strategy<Value = Route> {
        prop_oneof![
            text().prop_map(Route::Key),
            (some(), text(), text()).prop_map(|(target, source, name)| Route::Address {
                target,
                source,
                name
            }),
        ]
    }

    fn properties() -> impl Strategy<Value = Properties> {
        let texts = (some(), some(), some(), some(), some());
        (texts, any::<(Option<u8>, Option<u64>)>()).prop_map(|(texts, (priority, timestamp))| Properties {
            message_id: texts.0,
            kind: texts.1,
            app_id: texts.2,
            content_type: texts.3,
            correlation_id: texts.4,
            priority,
            timestamp,
        })
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![text().prop_map(Value::Text), any::<i64>().prop_map(Value::Number)]
    }

    proptest! {
        #[test]
        fn an_event_comes_back_as_it_went(
            route in route(),
            properties in properties(),
            held in proptest::collection::vec((text(), value()), 0..5),
            body: Vec<u8>,
            urgent: bool,
        ) {
            let mut headers = Headers::default();
            for (name, value) in held {
                headers.append(name, value);
            }
            let wire = Wire { properties, headers, body: body.into() };
            let priority = if urgent { Priority::Urgent } else { Priority::Low };
            let outgoing = Outgoing { route, priority, wire: Arc::new(wire) };
            let back = read(&write(&outgoing)).expect("it was written here");
            prop_assert_eq!(&back.route, &outgoing.route);
            prop_assert_eq!((back.priority, &back.wire), (priority, &outgoing.wire));
        }

        #[test]
        fn other_bytes_are_no_event_and_no_panic(bytes: Vec<u8>) {
            let _ = read(&bytes.into());
        }
    }
}
