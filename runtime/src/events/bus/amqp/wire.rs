//! An event as properties, headers and body of AMQP, and back.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use super::super::Nack;
use crate::events::text::Text;
use crate::events::wire::{Headers, Properties, Value, Wire};

/// The most bytes of an event: newer brokers close the channel of whoever sends more, with all that is on its way there.
pub(crate) const LARGEST: usize = 16 * 1024 * 1024;

/// What a broker writes onto an event on its way. Without room for it an event is taken, and can never be delivered.
const OF_BROKERS: usize = 512;
/// What a frame has beside the properties: its own envelope, the class, size and flags of the content, and that.
const FRAME: usize = 8 + 14 + OF_BROKERS;

/// The bytes of a frame that a broker allows unless it is told otherwise.
pub(super) const USUAL_FRAME: usize = 131_072;

const PERSISTENT: u8 = 2;

/// Properties and headers, all of which one frame holds.
///
/// # Errors
/// For good, where the broker would close the channel: a text is too long, or all of them together are.
pub(super) fn properties(wire: &Wire, frame_max: usize) -> Result<BasicProperties, Nack> {
    let bytes = FRAME + weight(wire);
    if bytes > frame_max {
        return Err(Nack::permanent(format!(
            "properties and headers of {bytes} bytes: expected at most {frame_max}"
        )));
    }
    if wire.body.len() > LARGEST {
        let bytes = wire.body.len();
        return Err(Nack::permanent(format!(
            "the event has {bytes} bytes: expected at most {LARGEST}"
        )));
    }
    let Properties {
        message_id,
        kind,
        app_id,
        content_type,
        priority,
        timestamp,
        correlation_id,
    } = &wire.properties;
    let texts = [
        ("id", message_id),
        ("name", kind),
        ("source", app_id),
        ("content type", content_type),
        ("correlation id", correlation_id),
    ];
    let mut short = texts.map(|(what, text)| text.as_deref().map(|text| short(what, text)).transpose());
    let mut next = |place: usize| std::mem::replace(&mut short[place], Ok(None));
    let mut properties = BasicProperties::default()
        .with_headers(headers(&wire.headers)?)
        .with_delivery_mode(PERSISTENT);
    if let Some(id) = next(0)? {
        properties = properties.with_message_id(id);
    }
    if let Some(kind) = next(1)? {
        properties = properties.with_type(kind);
    }
    if let Some(source) = next(2)? {
        properties = properties.with_app_id(source);
    }
    if let Some(content_type) = next(3)? {
        properties = properties.with_content_type(content_type);
    }
    if let Some(id) = next(4)? {
        properties = properties.with_correlation_id(id);
    }
    if let Some(priority) = priority {
        properties = properties.with_priority(*priority);
    }
    if let Some(timestamp) = timestamp {
        properties = properties.with_timestamp(*timestamp);
    }
    Ok(properties)
}

fn headers(headers: &Headers) -> Result<FieldTable, Nack> {
    let mut table = FieldTable::default();
    for (name, value) in headers.iter() {
        let value = match value {
            Value::Text(text) => AMQPValue::LongString(text.as_str().into()),
            Value::Number(number) => AMQPValue::LongLongInt(*number),
        };
        table.insert(short("header", name)?, value);
    }
    Ok(table)
}

/// By how many bytes properties and headers are more than a frame holds.
pub(super) fn excess(wire: &Wire, frame_max: usize) -> usize {
    (FRAME + weight(wire)).saturating_sub(frame_max)
}

/// A text that AMQP has at most 255 bytes for.
///
/// # Errors
/// For good, where it has more.
pub(super) fn short(what: &str, text: &str) -> Result<ShortString, Nack> {
    ShortString::try_new(text).map_err(|_| {
        let bytes = text.len();
        Nack::permanent(format!("{what} of {bytes} bytes: expected at most 255"))
    })
}

/// About the bytes of properties and headers in a frame, rather too many than too few.
fn weight(wire: &Wire) -> usize {
    let Properties {
        message_id,
        kind,
        app_id,
        content_type,
        correlation_id,
        ..
    } = &wire.properties;
    let texts = [message_id, kind, app_id, content_type, correlation_id];
    let texts: usize = texts.into_iter().flatten().map(|text| text.len() + 1).sum();
    let headers = wire
        .headers
        .iter()
        .map(|(name, value)| name.len() + 6 + value.weight());
    // The length of the table, the delivery mode, the priority and the timestamp.
    texts + headers.sum::<usize>() + 4 + 1 + 1 + 8
}

/// What was received; headers of kinds that we do not have are left out. So is a foreign publisher's `expiration`: on the copy
/// in a queue of the ladder it would bring the next attempt forward, and a dead letter it would delete.
pub(super) fn read(properties: &BasicProperties, body: Vec<u8>) -> Wire {
    let text = |text: &Option<ShortString>| text.as_ref().map(|text| Text::copy(text.as_str()));
    let table = properties.headers().as_ref();
    let mut headers = Headers::with_capacity(table.map_or(0, |table| table.inner().len()));
    for (name, value) in table.into_iter().flat_map(FieldTable::inner) {
        if let Some(value) = value_of(value) {
            headers.append(Text::copy(name.as_str()), value);
        }
    }
    Wire {
        properties: Properties {
            message_id: text(properties.message_id()),
            kind: text(properties.kind()),
            app_id: text(properties.app_id()),
            content_type: text(properties.content_type()),
            priority: *properties.priority(),
            timestamp: *properties.timestamp(),
            correlation_id: text(properties.correlation_id()),
        },
        headers,
        body: body.into(),
    }
}

fn value_of(value: &AMQPValue) -> Option<Value> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(Text::copy).map(Value::Text);
    let number = |number: i64| Some(Value::Number(number));
    match value {
        AMQPValue::LongString(long) => text(long.as_bytes()),
        AMQPValue::ShortString(short) => text(short.as_str().as_bytes()),
        AMQPValue::Boolean(true) => text(b"true"),
        AMQPValue::Boolean(false) => text(b"false"),
        AMQPValue::ShortShortInt(value) => number((*value).into()),
        AMQPValue::ShortShortUInt(value) => number((*value).into()),
        AMQPValue::ShortInt(value) => number((*value).into()),
        AMQPValue::ShortUInt(value) => number((*value).into()),
        AMQPValue::LongInt(value) => number((*value).into()),
        AMQPValue::LongUInt(value) => number((*value).into()),
        AMQPValue::LongLongInt(value) => number(*value),
        AMQPValue::Timestamp(value) => i64::try_from(*value).ok().and_then(number),
        AMQPValue::Float(value) => text(value.to_string().as_bytes()),
        AMQPValue::Double(value) => text(value.to_string().as_bytes()),
        AMQPValue::DecimalValue(_)
        | AMQPValue::FieldArray(_)
        | AMQPValue::FieldTable(_)
        | AMQPValue::ByteArray(_)
        | AMQPValue::Void => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_MAX: usize = 131_072;

    fn wire() -> Wire {
        let text = |text: &'static str| Some(Text::from(text));
        let mut headers = Headers::default();
        headers.push("traceparent", "00-1-2-01");
        headers.push_number("x-attempt", 4);
        Wire {
            properties: Properties {
                message_id: text("1"),
                kind: text("paid"),
                app_id: text("orders"),
                content_type: text("application/json"),
                priority: Some(7),
                timestamp: Some(8),
                correlation_id: text("9"),
            },
            headers,
            body: "{}".into(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let properties = properties(&wire(), FRAME_MAX).expect("legal");
        assert_eq!(*properties.delivery_mode(), Some(2));
        assert_eq!(read(&properties, b"{}".to_vec()), wire());
    }

    #[test]
    fn what_would_close_the_channel_is_refused() {
        let check = |wire: &Wire, expected: &str| {
            let nack = properties(wire, FRAME_MAX).expect_err(expected);
            assert_eq!(nack.reason, expected);
        };
        let mut long = wire();
        long.properties.app_id = Some("s".repeat(256).into());
        check(&long, "source of 256 bytes: expected at most 255");
        let mut heavy = wire();
        heavy.headers.push("x", "v".repeat(FRAME_MAX));
        let nack = properties(&heavy, FRAME_MAX).expect_err("more than a frame");
        assert!(
            nack.reason.starts_with("properties and headers of "),
            "{}",
            nack.reason
        );
        let mut large = wire();
        large.body = vec![0; LARGEST + 1].into();
        check(&large, "the event has 16777217 bytes: expected at most 16777216");
    }

    #[test]
    fn headers_of_other_kinds_are_read_as_text_or_left_out() {
        let mut table = FieldTable::default();
        table.insert("yes".into(), AMQPValue::Boolean(true));
        table.insert("x-death".into(), AMQPValue::FieldTable(FieldTable::default()));
        table.insert("latin".into(), AMQPValue::LongString(vec![0xff].into()));
        let wire = read(&BasicProperties::default().with_headers(table), Vec::new());
        assert_eq!(wire.headers.text("yes").map(Text::as_str), Some("true"));
        assert_eq!(wire.headers.iter().count(), 1);
    }
}
