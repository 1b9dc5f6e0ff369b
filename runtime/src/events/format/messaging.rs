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

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::super::read;
    use super::*;
    use crate::events::Priority;
    use crate::events::message::Trace;
    use crate::events::text::Text;
    use crate::events::wire::Wire;

    fn message(version: u32, expires: Option<u32>, headers: &[(String, String)], body: &str) -> Message {
        let seconds = |seconds: u32| UNIX_EPOCH + Duration::from_secs(seconds.into());
        let headers = headers
            .iter()
            .filter(|(name, _)| !super::super::is_reserved(name));
        Message {
            id: "1".into(),
            name: "paid".into(),
            version: Some(version),
            source: "orders".into(),
            target: Some("shipping".into()),
            priority: Priority::High,
            time: Some(seconds(7)),
            expires_at: expires.map(seconds),
            correlation_id: Some("c".into()),
            trace: Trace::default(),
            headers: headers
                .map(|(name, value)| (Text::copy(name), Text::copy(value)))
                .collect(),
            attempt: 1,
            content_type: "application/json".into(),
            body: serde_json::to_vec(body).expect("text is JSON").into(),
        }
    }

    fn read_back(body: Bytes) -> Message {
        let wire = Wire {
            body,
            ..Wire::default()
        };
        read(&wire).expect("it was written here")
    }

    proptest! {
        #[test]
        fn an_event_comes_back_as_it_went(
            version in 2_u32..,
            expires: Option<u32>,
            headers in proptest::collection::btree_map("[a-z-]{1,9}", any::<String>(), 0..4),
            body: String,
        ) {
            let headers: Vec<_> = headers.into_iter().collect();
            let sent = message(version, expires, &headers, &body);
            prop_assert_eq!(&read_back(write_plain(&sent)), &sent);
            let without_time = Message { time: None, ..sent.clone() };
            prop_assert_eq!(read_back(write_v1(&sent, "orders.paid")), without_time);
        }
    }

    #[test]
    fn the_first_version_needs_no_member() {
        let sent = message(1, None, &[], "x");
        assert!(!String::from_utf8_lossy(&write_plain(&sent)).contains("version"));
        assert_eq!(read_back(write_plain(&sent)).version, None);
    }
}
