//! An event on its way out, as bytes to be kept: its route and its wire form, so that the relay of another process publishes
//! exactly what was accepted.

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::Priority;
use super::bus::Outgoing;
use super::format::{JsonObject, Members, text, write_text};
use super::topology::Route;
use super::wire::{Headers, Properties, Value, Wire};

/// The bytes for this event: everything but the body, as JSON behind its length; the body follows as it is.
pub(crate) fn write(outgoing: &Outgoing) -> Bytes {
    let mut bytes = Vec::with_capacity(4 + 512 + outgoing.wire.body.len());
    bytes.extend_from_slice(&[0; 4]);
    let mut bytes = write_head(bytes, outgoing);
    let length = u32::try_from(bytes.len() - 4).expect("names and headers are bounded far below 4 GiB");
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&outgoing.wire.body);
    bytes.into()
}

fn write_head(bytes: Vec<u8>, outgoing: &Outgoing) -> Vec<u8> {
    let properties = &outgoing.wire.properties;
    JsonObject::after(bytes)
        .json("route", &write_route(&outgoing.route))
        .number("priority", outgoing.priority.native().into())
        .optional("message_id", properties.message_id.as_ref())
        .optional("kind", properties.kind.as_ref())
        .optional("app_id", properties.app_id.as_ref())
        .optional("content_type", properties.content_type.as_ref())
        // The property, which a format may leave out.
        .optional_number("native_priority", properties.priority.map(u64::from))
        .optional_number("timestamp", properties.timestamp)
        .optional("correlation_id", properties.correlation_id.as_ref())
        .json("headers", &write_headers(&outgoing.wire.headers))
        .into_bytes()
}

fn write_route(route: &Route) -> Bytes {
    match route {
        Route::Key(key) => JsonObject::new(0).text("key", key).finish(),
        Route::Address { target, source, name } => {
            let address = JsonObject::new(0)
                .optional("target", target.as_ref())
                .text("source", source)
                .text("name", name)
                .finish();
            JsonObject::new(0).json("address", &address).finish()
        }
    }
}

/// A list of pairs and no object: a name may be there twice, and their order counts.
fn write_headers(headers: &Headers) -> Vec<u8> {
    let mut out = vec![b'['];
    for (name, value) in headers.iter() {
        out.extend_from_slice(if out.len() > 1 { b",[" } else { b"[" });
        write_text(&mut out, name);
        out.push(b',');
        match value {
            Value::Text(text) => write_text(&mut out, text),
            Value::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        }
        out.push(b']');
    }
    out.push(b']');
    out
}

/// The event under these bytes; `None` where they are not what [`write`] makes.
pub(crate) fn read(bytes: &Bytes) -> Option<Outgoing> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (head, _) = rest.split_at_checked(length)?;
    let head = Members::of(head).ok()?;
    let wire = Wire {
        properties: Properties {
            message_id: head.text("message_id"),
            kind: head.text("kind"),
            app_id: head.text("app_id"),
            content_type: head.text("content_type"),
            priority: number(&head, "native_priority").ok()?,
            timestamp: number(&head, "timestamp").ok()?,
            correlation_id: head.text("correlation_id"),
        },
        headers: read_headers(head.get("headers")?)?,
        body: bytes.slice(4 + length..),
    };
    Some(Outgoing {
        route: read_route(&head)?,
        priority: Priority::from_native(number(&head, "priority").ok()??),
        wire: Arc::new(wire),
    })
}

fn number<N: FromStr>(head: &Members<'_>, name: &str) -> Result<Option<N>, N::Err> {
    head.text(name).map(|digits| digits.parse()).transpose()
}

fn read_route(head: &Members<'_>) -> Option<Route> {
    let route = head.object("route");
    if let Some(key) = route.text("key") {
        return Some(Route::Key(key));
    }
    let address = route.object("address");
    Some(Route::Address {
        target: address.text("target"),
        source: address.text("source")?,
        name: address.text("name")?,
    })
}

fn read_headers(pairs: &RawValue) -> Option<Headers> {
    let pairs = list(pairs)?;
    let mut headers = Headers::with_capacity(pairs.len());
    for pair in pairs {
        let [name, value] = list(pair)?[..] else {
            return None;
        };
        let value = match value.get().parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(text(value)?),
        };
        headers.append(text(name)?, value);
    }
    Some(headers)
}

fn list(json: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_slice(json.get().as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::events::text::Text;

    fn some_text() -> impl Strategy<Value = Text> {
        any::<String>().prop_map(Text::from)
    }

    fn some() -> impl Strategy<Value = Option<Text>> {
        proptest::option::of(some_text())
    }

    fn route() -> impl Strategy<Value = Route> {
        prop_oneof![
            some_text().prop_map(Route::Key),
            (some(), some_text(), some_text()).prop_map(|(target, source, name)| Route::Address {
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
        prop_oneof![
            some_text().prop_map(Value::Text),
            any::<i64>().prop_map(Value::Number)
        ]
    }

    /// What a store holds and a later version of this crate is to read.
    #[test]
    fn the_bytes_stay_what_they_were() {
        let mut headers = Headers::default();
        headers.push("a", "\"b");
        headers.push_number("a", -5);
        let wire = Wire {
            properties: Properties {
                message_id: Some("1".into()),
                timestamp: Some(7),
                ..Properties::default()
            },
            headers,
            body: "{}".into(),
        };
        let route = Route::Address {
            target: None,
            source: "orders".into(),
            name: "paid".into(),
        };
        let priority = Priority::Normal;
        let bytes = write(&Outgoing {
            route,
            priority,
            wire: Arc::new(wire),
        });
        let expected = concat!(
            r#"{"route":{"address":{"target":null,"source":"orders","name":"paid"}},"priority":4,"message_id":"1","#,
            r#""kind":null,"app_id":null,"content_type":null,"native_priority":null,"timestamp":7,"#,
            r#""correlation_id":null,"headers":[["a","\"b"],["a",-5]]}{}"#,
        );
        assert_eq!(str::from_utf8(&bytes[4..]), Ok(expected));
    }

    proptest! {
        #[test]
        fn an_event_comes_back_as_it_went(
            route in route(),
            properties in properties(),
            held in proptest::collection::vec((some_text(), value()), 0..5),
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
