//! What a broker says of an event that it buried by itself.

use std::time::{Duration, SystemTime};

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};

use crate::events::text::Text;

/// A burial by the broker.
#[derive(Debug, PartialEq)]
pub(super) struct Burial {
    pub(super) reason: Text,
    pub(super) time: Option<SystemTime>,
}

/// The last burial of an event. Its queues of retries bury it too, and the broker keeps those: the latest comes first.
pub(super) fn of(properties: &BasicProperties) -> Option<Burial> {
    let headers = properties.headers().as_ref()?;
    let AMQPValue::FieldArray(deaths) = headers.inner().get("x-death")? else {
        return None;
    };
    let AMQPValue::FieldTable(last) = deaths.as_slice().first()? else {
        return None;
    };
    Some(Burial {
        reason: text(last, "reason")?,
        time: time(last),
    })
}

fn text(table: &FieldTable, name: &str) -> Option<Text> {
    match table.inner().get(name)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok().map(Text::copy),
        AMQPValue::ShortString(text) => Some(Text::copy(text.as_str())),
        _ => None,
    }
}

fn time(table: &FieldTable) -> Option<SystemTime> {
    let AMQPValue::Timestamp(seconds) = table.inner().get("time")? else {
        return None;
    };
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(*seconds))
}

#[cfg(test)]
mod tests {
    use lapin::types::FieldArray;

    use super::*;

    fn death(reason: &str, time: u64) -> AMQPValue {
        let mut death = FieldTable::default();
        death.insert("reason".into(), AMQPValue::LongString(reason.into()));
        death.insert("time".into(), AMQPValue::Timestamp(time));
        AMQPValue::FieldTable(death)
    }

    #[test]
    fn the_last_burial_counts() {
        let deaths = FieldArray::from(vec![death("delivery_limit", 7), death("expired", 1)]);
        let mut headers = FieldTable::default();
        headers.insert("x-death".into(), AMQPValue::FieldArray(deaths));
        let found = of(&BasicProperties::default().with_headers(headers));
        let expected = Burial {
            reason: "delivery_limit".into(),
            time: SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(7)),
        };
        assert_eq!(found, Some(expected));
        assert_eq!(of(&BasicProperties::default()), None);
    }
}
