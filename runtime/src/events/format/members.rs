//! Reads a JSON object member by member, each value as it is written.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::text::Text;

/// The members of a JSON object in the order of their names, each value as it is written.
///
/// One type reads the objects of all formats, since each type of an object that serde derives costs whoever builds this
/// crate some 4000 lines of code.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// # Errors
    /// Where the text is no JSON object.
    pub(crate) fn of(json: &'a [u8]) -> serde_json::Result<Self> {
        let mut members: Self = serde_json::from_slice(json)?;
        // A stable sort, so that of one name the last stays the last.
        members.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(members)
    }

    /// The value of a name; of several the last.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.named(name).last().map(|(_, value)| *value)
    }

    /// The value of a name as text: a string, or the digits of a number; `None` for `null` and for what has parts.
    pub(crate) fn text(&self, name: &str) -> Option<Text> {
        self.get(name).and_then(text)
    }

    /// The members of the object under a name; none where it is no object.
    pub(crate) fn object(&self, name: &str) -> Self {
        let object = self.get(name).map(|value| value.get().as_bytes());
        object
            .and_then(|object| Self::of(object).ok())
            .unwrap_or_default()
    }

    /// Whether a name is there more than once.
    pub(super) fn is_repeated(&self, name: &str) -> bool {
        self.named(name).len() > 1
    }

    /// Each name once, in their order, with its value.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Cow<'a, str>, &'a RawValue)> {
        let of_one_name = self.0.chunk_by(|(one, _), (next, _)| one == next);
        of_one_name.filter_map(<[_]>::last)
    }

    fn named(&self, name: &str) -> &[(Cow<'a, str>, &'a RawValue)] {
        let start = self.0.partition_point(|(known, _)| **known < *name);
        let count = self.0[start..].partition_point(|(known, _)| **known == *name);
        &self.0[start..start + count]
    }
}

/// A string, without a copy where it is written as it is read.
#[derive(Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

/// As [`Members::text`].
pub(crate) fn text(value: &RawValue) -> Option<Text> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => {
            let text: Borrowed<'_> = serde_json::from_slice(json.as_bytes()).ok()?;
            Some(Text::copy(&text.0))
        }
        b'{' | b'[' | b'n' => None,
        _ => Some(Text::copy(json)),
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

/// The members in the order in which they are written.
struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Borrowed(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> Members<'_> {
        Members::of(json.as_bytes()).expect(json)
    }

    #[test]
    fn each_name_is_there_once_in_the_order_of_the_names() {
        let members = members(r#"{"b":1,"a":[2],"b":3}"#);
        let shown: Vec<_> = members
            .iter()
            .map(|(name, value)| (&**name, value.get()))
            .collect();
        assert_eq!(shown, [("a", "[2]"), ("b", "3")]);
        assert!(members.is_repeated("b") && !members.is_repeated("a") && !members.is_repeated("c"));
    }

    #[test]
    fn of_several_values_of_a_name_the_last_is_read() {
        let members = members(r#"{"a":1,"a":"x","b":2}"#);
        assert_eq!(members.text("a").as_deref(), Some("x"));
        assert_eq!(members.text("b").as_deref(), Some("2"));
        assert!(members.get("c").is_none());
    }

    #[test]
    fn text_is_a_string_or_the_digits_of_a_number() {
        let members = members(r#"{"escaped":"a\n\u0062","null":null,"list":["a"],"object":{}}"#);
        assert_eq!(members.text("escaped").as_deref(), Some("a\nb"));
        for name in ["null", "list", "object"] {
            assert!(members.text(name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for json in ["", "[]", "1", "null", "{", r#"{"a":}"#, r#"{"a":1}x"#] {
            assert!(Members::of(json.as_bytes()).is_err(), "{json}");
        }
    }
}
