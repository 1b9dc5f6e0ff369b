//! Takes the end off an event, wherever its format says it.

use super::super::wire::Wire;
use super::common::{self, EXPIRES};
use super::json_object::JsonObject;
use super::members::Members;
use super::{cloudevents, family_a, read, structured};

/// The same event, for ever worth handling. Its body is written anew only where it says when the event ends.
pub(crate) fn without_end(wire: &Wire) -> Wire {
    let mut copy = wire.clone();
    copy.headers
        .retain(|name| name != EXPIRES && !cloudevents::is_end(name));
    let has_end = read(&copy).is_ok_and(|message| message.expires_at.is_some());
    if has_end && let Ok(members) = Members::of(&wire.body) {
        let end = if structured::is_one(&common::read(wire)) {
            cloudevents::END
        } else {
            family_a::END
        };
        let others = members.iter().filter(|(name, _)| name != end);
        let object = others.fold(JsonObject::new(wire.body.len()), |object, (name, value)| {
            object.json(name, value.get().as_bytes())
        });
        copy.body = object.finish();
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::super::EventFormat;
    use super::*;
    use crate::events::message::Message;
    use crate::events::wire::{Headers, Properties};

    const TIME: &str = "2026-01-02T03:04:05+00:00";

    fn of_family_a(names: [&str; 2]) -> Wire {
        let [id, kind] = names;
        let body = format!(
            r#"{{"{id}":"1","{kind}":"paid","source_service":"o","expires_at":"{TIME}","data":{{"expires_at":7}},"x":[1]}}"#
        );
        let body = body.into();
        let wire = Wire::default();
        Wire { body, ..wire }
    }

    fn structured() -> Wire {
        let body = format!(
            r#"{{"type":"paid","id":"1","expirytime":"{TIME}","tenant":"t","data":{{"expirytime":7}}}}"#
        );
        Wire {
            properties: Properties {
                content_type: Some("application/cloudevents+json".into()),
                ..Properties::default()
            },
            headers: Headers::default(),
            body: body.into(),
        }
    }

    fn binary(prefix: &str) -> Wire {
        let mut headers = Headers::default();
        for (name, value) in [("type", "paid"), ("expirytime", TIME), ("tenant", "t")] {
            headers.push(format!("{prefix}{name}"), value);
        }
        let body = r#"{"expirytime":7}"#.into();
        let wire = Wire::default();
        Wire {
            headers,
            body,
            ..wire
        }
    }

    #[test]
    fn an_event_loses_its_end_and_nothing_else() {
        let plain = of_family_a(["event_id", "event_type"]);
        let event = read(&plain).expect("of family A");
        let ours = [
            EventFormat::CloudEvents,
            EventFormat::FamilyA,
            EventFormat::FamilyB,
        ];
        let foreign = [
            plain,
            of_family_a(["id", "type"]),
            structured(),
            binary("cloudEvents_"),
            binary("cloudEvents:"),
        ];
        for wire in ours.map(|format| format.write(&event)).iter().chain(&foreign) {
            let ended = read(wire).expect("an event");
            assert!(ended.expires_at.is_some(), "{wire:?}");
            let endless = read(&without_end(wire)).expect("an event still");
            let expires_at = None;
            assert_eq!(endless, Message { expires_at, ..ended });
        }
    }

    #[test]
    fn a_body_that_says_nothing_of_it_stays_as_it_is() {
        for body in ["", "no object", r#"{ "type":"paid", "data":{"expires_at":7} }"#] {
            let body = body.into();
            let wire = Wire::default();
            let wire = Wire { body, ..wire };
            assert_eq!(without_end(&wire), wire);
        }
    }
}
