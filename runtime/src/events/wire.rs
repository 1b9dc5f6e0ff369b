//! An event as it is on the wire: properties, headers and body, as AMQP 0-9-1 has them and every transport carries them.

use bytes::Bytes;

use super::text::Text;

/// One encoded event. Every one is persistent (`delivery_mode: 2`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wire {
    pub(crate) properties: Properties,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
}

/// The native properties; what a foreign publisher left out is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Properties {
    pub(crate) message_id: Option<Text>,
    /// The property `type`: the event's name.
    pub(crate) kind: Option<Text>,
    /// The source.
    pub(crate) app_id: Option<Text>,
    pub(crate) content_type: Option<Text>,
    pub(crate) priority: Option<u8>,
    /// Seconds since 1970.
    pub(crate) timestamp: Option<u64>,
    pub(crate) correlation_id: Option<Text>,
}

/// The headers in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Headers(Vec<(Text, Value)>);

/// What a header holds; other kinds of AMQP are left out by whoever reads them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(Text),
    Number(i64),
}

impl Wire {
    /// About what it occupies in memory, for the bounds of queues.
    pub(crate) fn weight(&self) -> usize {
        const FIXED: usize = 512;
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, held)| name.len() + held.weight())
            .sum();
        FIXED + headers + self.body.len()
    }
}

impl Value {
    /// The bytes of what it holds.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Number(_) => 8,
        }
    }

    pub(crate) fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) => None,
        }
    }

    /// A number, also one that is written as text.
    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(number) => Some(*number),
        }
    }
}

impl Headers {
    pub(crate) fn with_capacity(headers: usize) -> Self {
        Self(Vec::with_capacity(headers))
    }

    pub(crate) fn push(&mut self, name: impl Into<Text>, value: impl Into<Text>) {
        self.0.push((name.into(), Value::Text(value.into())));
    }

    pub(crate) fn push_number(&mut self, name: &'static str, number: i64) {
        self.0.push((name.into(), Value::Number(number)));
    }

    /// Adds a header as it is.
    pub(crate) fn append(&mut self, name: Text, value: Value) {
        self.0.push((name, value));
    }

    /// The same headers with this one instead of any of its name.
    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        self.remove(name);
        self.0.push((name.into(), value));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub(crate) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| is_kept(name));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&Text> {
        self.get(name)?.text()
    }

    /// A number, also one that is written as text.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.number()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&Text, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_set_once_and_read_as_what_it_says() {
        let mut headers = Headers::default();
        headers.push("x-attempt", String::from("4"));
        assert_eq!(
            (headers.number("x-attempt"), headers.number("none")),
            (Some(4), None)
        );
        headers.set("x-attempt", Value::Number(5));
        assert_eq!(
            (headers.iter().count(), headers.number("x-attempt")),
            (1, Some(5))
        );
        assert_eq!(headers.text("x-attempt"), None);
    }
}
