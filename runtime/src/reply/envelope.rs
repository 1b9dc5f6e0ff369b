//! Envelopes: `{code, message, data}` around a value.
//!
//! Invariant: one borrowed scan of the document's top level; the value itself is parsed once, by its own type.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::charset;
use super::refused::{ErrorFields, error_fields};
use crate::config::EnvelopePolicy;
use crate::error::excerpt;
use crate::{Error, ErrorKind};

/// What an envelope says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Envelope {
    /// The code, a number as its digits.
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    /// Whether it, or the status that it came with, says that the call failed.
    pub(crate) failed: bool,
    /// What a failed one says beside its message.
    pub(crate) details: Option<Value>,
    /// The whole document in UTF-8.
    document: Bytes,
    /// Where in it the value is, where it has one.
    data: Option<Range<usize>>,
}

impl Envelope {
    /// Reads a body; `None` for what is no envelope: not an object, or one with neither `success`, nor a code, nor
    /// `error: true`. A `detail` alone is the body of an error, and says nothing beside a status of success.
    ///
    /// `success: false`, `error: true`, a code that is not among the policy's, and a status from 400 on mean that the call failed.
    pub(crate) fn read(
        policy: &EnvelopePolicy,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Option<Self> {
        let document = match charset::json_text(headers, body) {
            Cow::Borrowed(text) => body.slice_ref(text),
            Cow::Owned(text) => text.into(),
        };
        let fields = Fields::scan(policy, &document)?;
        let code = fields.code.and_then(scalar);
        // Beside a status that is an error itself it is the error's body, and no envelope.
        let says_error = fields.error == Some(true) && status.as_u16() < 400;
        if fields.success.is_none() && code.is_none() && !says_error {
            return None;
        }
        let refused = code
            .as_ref()
            .is_some_and(|code| !policy.ok.iter().any(|ok| normal(ok) == *code));
        let data = fields.data.map(|data| range_within(&document, data));
        let mut envelope = Self {
            code: code.or_else(|| fields.error_code.and_then(scalar)),
            message: fields.message.and_then(text),
            failed: fields.success == Some(false) || says_error || refused || status.as_u16() >= 400,
            details: None,
            data,
            document: document.clone(),
        };
        if envelope.failed {
            envelope.complete(error_fields(&document));
        }
        Some(envelope)
    }

    /// The error of a failed envelope.
    pub(crate) fn into_error(self, status: StatusCode, body: &Bytes) -> Error {
        let message = self.message.as_deref().map(|message| excerpt(message.as_bytes()));
        let cause = match (message, &self.code) {
            (Some(message), Some(code)) => format!("{message} (code {})", excerpt(code.as_bytes())),
            (Some(message), None) => message,
            (None, Some(code)) => format!("the service answered with code {}", excerpt(code.as_bytes())),
            (None, None) => "the service answered that the call failed".to_owned(),
        };
        let error = Error::new(ErrorKind::Business, cause)
            .with_status(status.as_u16())
            .with_body(body.clone())
            .with_may_have_reached_server(true);
        let fields = ErrorFields {
            code: self.code,
            message: self.message,
            details: self.details,
        };
        fields.onto(error)
    }

    pub(super) fn document(&self) -> &[u8] {
        &self.document
    }

    pub(super) fn data(&self) -> Option<Range<usize>> {
        self.data.clone()
    }

    /// Lets go of the body, when the value has been read from it.
    pub(super) fn forget_document(&mut self) {
        self.document = Bytes::new();
        self.data = None;
    }

    /// What a failed envelope says in keys of the other error shapes.
    fn complete(&mut self, fields: ErrorFields) {
        if self.message.is_none() {
            self.message = fields.message;
        }
        if self.code.is_none() {
            self.code = fields.code;
        }
        self.details = fields.details;
    }
}

/// The top level of a document, as raw text.
#[derive(Default)]
struct Fields<'d> {
    success: Option<bool>,
    error: Option<bool>,
    code: Option<&'d RawValue>,
    error_code: Option<&'d RawValue>,
    message: Option<&'d RawValue>,
    data: Option<&'d RawValue>,
}

impl<'d> Fields<'d> {
    fn scan(policy: &EnvelopePolicy, document: &'d [u8]) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_slice(document);
        let fields = Scan(policy).deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(fields)
    }
}

enum Key {
    Data,
    Code,
    Message,
    Success,
    Error,
    ErrorCode,
    Other,
}

struct Scan<'p>(&'p EnvelopePolicy);

impl<'d> DeserializeSeed<'d> for Scan<'_> {
    type Value = Fields<'d>;

    fn deserialize<D: serde::Deserializer<'d>>(self, deserializer: D) -> Result<Fields<'d>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'d> Visitor<'d> for Scan<'_> {
    type Value = Fields<'d>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope")
    }

    fn visit_map<M: MapAccess<'d>>(self, mut map: M) -> Result<Fields<'d>, M::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key_seed(KeyOf(self.0))? {
            match key {
                Key::Data => fields.data = Some(map.next_value()?),
                Key::Code => fields.code = Some(map.next_value()?),
                Key::Message => fields.message = Some(map.next_value()?),
                Key::Success => fields.success = boolean(map.next_value()?),
                Key::Error => fields.error = boolean(map.next_value()?),
                Key::ErrorCode => fields.error_code = Some(map.next_value()?),
                Key::Other => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(fields)
    }
}

struct KeyOf<'p>(&'p EnvelopePolicy);

impl<'d> DeserializeSeed<'d> for KeyOf<'_> {
    type Value = Key;

    fn deserialize<D: serde::Deserializer<'d>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        let policy = self.0;
        Ok(match key {
            key if key == policy.data => Key::Data,
            key if key == policy.code => Key::Code,
            key if key == policy.message => Key::Message,
            "success" => Key::Success,
            "error" => Key::Error,
            "error_code" => Key::ErrorCode,
            _ => Key::Other,
        })
    }
}

/// Some services write it as text.
fn boolean(raw: &RawValue) -> Option<bool> {
    match raw.get() {
        "true" | r#""true""# => Some(true),
        "false" | r#""false""# => Some(false),
        _ => None,
    }
}

/// A string as it is, a number as its digits.
fn scalar(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => text(raw).filter(|code| !code.is_empty()),
        b'-' | b'0'..=b'9' => Some(normal_number(raw.get())),
        _ => None,
    }
}

fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// A configured code as it is compared: `200.0` and `200` are the same, `0000` and `0` are not.
fn normal(code: &str) -> Cow<'_, str> {
    let is_number = code.contains(['.', 'e', 'E']) && code.parse::<f64>().is_ok();
    if is_number {
        Cow::Owned(normal_number(code))
    } else {
        Cow::Borrowed(code)
    }
}

/// A JSON number as its digits: `200`, `2e2` and `200.0` are all `200`.
pub(super) fn normal_number(number: &str) -> String {
    if number == "-0" {
        return "0".to_owned();
    }
    match number.parse::<f64>() {
        // Beyond 2^53 a float has no digits of its own to compare.
        Ok(float) if number.contains(['.', 'e', 'E']) && float.fract() == 0.0 && float.abs() < 9e15 => {
            format!("{float:.0}")
        }
        Ok(_) | Err(_) => number.to_owned(),
    }
}

fn range_within(document: &[u8], part: &RawValue) -> Range<usize> {
    let start = part.get().as_ptr().addr() - document.as_ptr().addr();
    start..start + part.get().len()
}

#[cfg(test)]
mod tests;
