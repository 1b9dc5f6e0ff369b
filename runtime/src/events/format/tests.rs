//! Golden bytes of each format, lenient reading, and round trips of any payload.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::events::Priority;
use crate::events::message::{JSON, Trace};
use crate::events::text::Text;
use crate::events::wire::{Headers, Properties, Value};

const FORMATS: [EventFormat; 3] = [
    EventFormat::CloudEvents,
    EventFormat::FamilyA,
    EventFormat::FamilyB,
];
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn time() -> SystemTime {
    UNIX_EPOCH + Duration::new(1_795_174_044, 123_456_000)
}

fn full() -> Message {
    Message {
        id: "e-1".into(),
        name: "chat_completed".into(),
        version: Some(2),
        source: "chat-service".into(),
        target: Some("knowledge-service".into()),
        priority: Priority::High,
        time: Some(time()),
        expires_at: Some(time() + Duration::from_secs(60)),
        correlation_id: Some("c-1".into()),
        trace: Trace {
            trace_id: Some("order-17".into()),
            traceparent: Some(TRACEPARENT.into()),
            tracestate: Some("a=1".into()),
            baggage: Some("b=2".into()),
        },
        headers: vec![("tenant".into(), "ä".into()), ("user_id".into(), "7".into())],
        attempt: 1,
        content_type: JSON.into(),
        body: Bytes::from_static(br#"{"user_id":"7"}"#),
    }
}

/// What an untyped event without any extra is.
fn least() -> Message {
    Message {
        version: None,
        target: None,
        priority: Priority::Normal,
        expires_at: None,
        correlation_id: None,
        trace: Trace::default(),
        headers: Vec::new(),
        ..full()
    }
}

fn headers(wire: &Wire) -> Vec<String> {
    let shown = |(name, value): (&Text, &Value)| match value {
        Value::Text(text) => format!("{name}: {text}"),
        Value::Number(number) => format!("{name}: {number} (number)"),
    };
    wire.headers.iter().map(shown).collect()
}

fn check_properties(wire: &Wire, priority: u8) {
    let expected = Properties {
        message_id: Some("e-1".into()),
        kind: Some("chat_completed".into()),
        app_id: Some("chat-service".into()),
        content_type: Some("application/json".into()),
        priority: Some(priority),
        timestamp: Some(1_795_174_044),
        correlation_id: Some("c-1".into()),
    };
    assert_eq!(wire.properties, expected);
}

fn body(wire: &Wire) -> &str {
    std::str::from_utf8(&wire.body).expect("JSON")
}

const OURS: [&str; 7] = [
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "tracestate: a=1",
    "x-trace-id: order-17",
    "baggage: b=2",
    "x-event-version: 2 (number)",
    "x-attempt: 1 (number)",
    "x-expires-at: 2026-11-20T11:28:24.123456Z",
];

#[test]
fn cloudevents_are_headers_beside_the_event() {
    let wire = EventFormat::CloudEvents.write(&full());
    check_properties(&wire, 7);
    assert_eq!(body(&wire), r#"{"user_id":"7"}"#);
    let attributes = [
        "cloudEvents_specversion: 1.0",
        "cloudEvents_id: e-1",
        "cloudEvents_source: chat-service",
        "cloudEvents_type: chat_completed",
        "cloudEvents_time: 2026-11-20T11:27:24.123456Z",
        "cloudEvents_subject: knowledge-service",
        "cloudEvents_dataschema: urn:event:chat_completed:2",
        "tenant: ä",
        "user_id: 7",
    ];
    assert_eq!(headers(&wire), [&OURS[..], &attributes].concat());
}

#[test]
fn family_a_is_one_object() {
    let wire = EventFormat::FamilyA.write(&full());
    check_properties(&wire, 3);
    let expected = concat!(
        r#"{"id":"e-1","type":"chat_completed","source_service":"chat-service","#,
        r#""target_service":"knowledge-service","data":{"user_id":"7"},"#,
        r#""timestamp":"2026-11-20T11:27:24.123456+00:00","priority":3,"retry_count":0,"#,
        r#""correlation_id":"c-1","user_id":"7"}"#
    );
    assert_eq!(body(&wire), expected);
    assert_eq!(headers(&wire), [&OURS[..], &["tenant: ä"]].concat());
    let expected = concat!(
        r#"{"id":"e-1","type":"chat_completed","source_service":"chat-service","#,
        r#""target_service":null,"data":{"user_id":"7"},"#,
        r#""timestamp":"2026-11-20T11:27:24.123456+00:00","priority":2,"retry_count":0,"#,
        r#""correlation_id":null,"user_id":null}"#
    );
    assert_eq!(body(&EventFormat::FamilyA.write(&least())), expected);
}

#[test]
fn family_b_is_one_object_with_metadata() {
    let wire = EventFormat::FamilyB.write(&full());
    check_properties(&wire, 3);
    let expected = concat!(
        r#"{"id":"e-1","event_name":"chat_completed","timestamp":"2026-11-20T11:27:24.123456+00:00","#,
        r#""metadata":{"source_service":"chat-service","target_service":"knowledge-service","#,
        r#""priority":3,"correlation_id":"c-1","tenant":"ä","user_id":"7"},"data":{"user_id":"7"}}"#
    );
    assert_eq!(body(&wire), expected);
    assert_eq!(headers(&wire), OURS);
    let expected = concat!(
        r#"{"id":"e-1","event_name":"chat_completed","timestamp":"2026-11-20T11:27:24.123456+00:00","#,
        r#""metadata":{"source_service":"chat-service"},"data":{"user_id":"7"}}"#
    );
    assert_eq!(body(&EventFormat::FamilyB.write(&least())), expected);
}

#[test]
fn every_format_is_read_as_it_was_written() {
    for format in FORMATS {
        for message in [full(), least()] {
            let mut again = read(&format.write(&message)).expect("an event");
            again.headers.sort_by(|(one, _), (other, _)| one.cmp(other));
            assert_eq!(again, message, "{format:?}");
        }
    }
}

/// A message of a foreign publisher that sets no properties.
fn foreign(body: &str) -> Message {
    let wire = Wire {
        body: Bytes::copy_from_slice(body.as_bytes()),
        ..Wire::default()
    };
    read(&wire).expect("an event")
}

#[test]
fn what_older_publishers_of_family_a_wrote_is_understood() {
    let message = foreign(concat!(
        r#"{"id":17,"type":"EventType.USER_ACTION","source_service":"chat-service","target_service":null,"#,
        r#""data":{"a":1},"timestamp":"2026-11-20 11:27:24.123456","priority":"MessagePriority.URGENT","#,
        r#""retry_count":3,"correlation_id":null,"user_id":null,"more":[]}"#
    ));
    assert_eq!((&*message.id, &*message.name), ("17", "user_action"));
    assert_eq!((message.priority, message.time), (Priority::Urgent, Some(time())));
    assert_eq!((message.target, message.correlation_id), (None, None));
    assert_eq!((message.attempt, &message.body[..]), (1, &br#"{"a":1}"#[..]));
}

#[test]
fn the_http_dialect_of_family_a_is_understood() {
    let message = foreign(concat!(
        r#"{"event_type":"paid","data":[1],"target_service":"b","priority":"critical","#,
        r#""timestamp":"2026-11-20T11:27:24.123456Z","event_id":"e-2","source_service":"a"}"#
    ));
    assert_eq!(
        (&*message.id, &*message.name, &*message.source),
        ("e-2", "paid", "a")
    );
    assert_eq!(
        (message.target.as_deref(), message.priority),
        (Some("b"), Priority::Urgent)
    );
}

#[test]
fn a_foreign_event_of_family_b_is_understood() {
    let message = foreign(
        r#"{"id":"1","event_name":"user.created","timestamp":"odd","metadata":{"n":1,"o":{}},"data":null}"#,
    );
    assert_eq!(
        (&*message.name, message.time, &message.body[..]),
        ("user.created", None, &b"null"[..])
    );
    assert_eq!(message.header("n"), Some("1"));
    assert_eq!((message.header("o"), message.priority), (None, Priority::Normal));
}

fn structured(body: &str) -> Result<Message, String> {
    let properties = Properties {
        content_type: Some("application/cloudevents+json; charset=utf-8".into()),
        ..Properties::default()
    };
    let wire = Wire {
        properties,
        headers: Headers::default(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    read(&wire).map_err(|unreadable| unreadable.to_string())
}

#[test]
fn a_structured_cloudevent_is_read() {
    let message = structured(concat!(
        r#"{"specversion":"1.0","id":"1","source":"/a","type":"paid","subject":"b","#,
        r#""time":"2026-11-20T13:27:24.123456+02:00","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","#,
        r#""tenant":"t","dataschema":"urn:event:paid:3","data":{"a": 1}}"#
    ));
    let message = message.expect("an event");
    assert_eq!(
        (&*message.id, &*message.source, &*message.name),
        ("1", "/a", "paid")
    );
    assert_eq!((message.time, message.version), (Some(time()), Some(3)));
    assert_eq!(message.trace.traceparent.as_deref(), Some(TRACEPARENT));
    assert_eq!(
        (message.target.as_deref(), message.header("tenant")),
        (Some("b"), Some("t"))
    );
    assert_eq!(
        (&*message.content_type, &message.body[..]),
        (JSON, &br#"{"a": 1}"#[..])
    );
}

#[test]
fn the_data_of_a_structured_cloudevent_is_json_text_or_bytes() {
    let check = |members: &str, expected: Result<&str, &str>| {
        let read = structured(&format!(r#"{{"type":"paid"{members}}}"#));
        let body = read.map(|message| String::from_utf8(message.body.into()).expect("text"));
        assert_eq!(
            body,
            expected.map(str::to_owned).map_err(str::to_owned),
            "{members}"
        );
    };
    check("", Ok("null"));
    check(r#","data":"a""#, Ok(r#""a""#));
    check(r#","data":"a","datacontenttype":"text/plain""#, Ok("a"));
    check(
        r#","data":[1],"datacontenttype":"application/vnd.x+json""#,
        Ok("[1]"),
    );
    check(r#","data_base64":"eyJhIjoxfQ==""#, Ok(r#"{"a":1}"#));
    check(r#","data_base64":"?""#, Err("data_base64 is not base64"));
    assert!(structured("[]").is_err());
    assert!(structured(r#"{"id":"1"}"#).is_err());
}

#[test]
fn the_other_prefix_of_cloudevents_is_read_too() {
    let mut headers = Headers::default();
    headers.push("cloudEvents:type", "paid");
    headers.push("cloudEvents:id", "1");
    headers.push("cloudEvents:tenant", "t");
    headers.push("x-death", "ignored");
    let wire = Wire {
        headers,
        ..Wire::default()
    };
    let message = read(&wire).expect("an event");
    assert_eq!(
        (&*message.name, &*message.id, message.headers.len()),
        ("paid", "1", 1)
    );
}

#[test]
fn a_plain_message_is_named_by_its_type() {
    let wire = Wire {
        properties: EventFormat::CloudEvents.write(&full()).properties,
        headers: Headers::default(),
        body: Bytes::from_static(b"[1,2]"),
    };
    let message = read(&wire).expect("an event");
    assert_eq!(
        (&*message.name, &message.body[..]),
        ("chat_completed", &b"[1,2]"[..])
    );
    assert!(read(&Wire::default()).is_err());
}

fn text() -> impl Strategy<Value = Text> {
    ".{0,20}".prop_map(Text::from)
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let key = prop_oneof![Just("type".to_owned()), Just("data".to_owned()), ".{0,5}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map(key, inner, 0..5).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

prop_compose! {
    fn message()(
        ids in ("[!-~]{1,30}", "[!-~]{1,30}", ".{1,20}"),
        target in prop::option::of(text()),
        correlation_id in prop::option::of(text()),
        header in ("[a-z]{1,10}", text()),
        priority in 1_u64..=4,
        micros in 0_u64..253_402_300_799_000_000,
        version in prop::option::of(1_u32..100),
        body in json(),
    ) -> Message {
        let (id, name, source) = ids;
        Message {
            id: id.into(),
            name: name.into(),
            version,
            source: source.into(),
            target,
            priority: Priority::from_number(priority).expect("one of four"),
            time: Some(UNIX_EPOCH + Duration::from_micros(micros)),
            correlation_id,
            headers: vec![(format!("x-{}", header.0).into(), header.1)],
            body: serde_json::to_vec(&body).expect("JSON").into(),
            ..least()
        }
    }
}

proptest! {
    #[test]
    fn any_event_survives_every_format(message in message()) {
        for format in FORMATS {
            let again = read(&format.write(&message)).expect("an event");
            prop_assert_eq!(&again, &message, "{:?}", format);
        }
    }

    #[test]
    fn no_body_panics(body in ".{0,60}", structured in any::<bool>()) {
        let content_type = structured.then(|| "application/cloudevents+json".into());
        let wire = Wire {
            properties: Properties { content_type, ..Properties::default() },
            headers: Headers::default(),
            body: body.into(),
        };
        let _ = read(&wire);
    }
}
