//! JSON becomes a value, or an error that says where it does not.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::envelope::Envelope;
use super::path::path_at;
use super::{Reply, charset};
use crate::error::{BODY_LIMIT, excerpt};
use crate::{Body, Error, ErrorKind};

/// The most bytes of a fault's text: a type's own may quote the whole value.
const FAULT: usize = 300;

/// What an error says about the reply that it comes from.
pub(super) struct Origin<'r> {
    pub(super) status: StatusCode,
    pub(super) headers: &'r HeaderMap,
    pub(super) body: &'r [u8],
}

impl Origin<'_> {
    /// A `Decode` error: the fault, the reply, and the beginning of its body.
    pub(super) fn error(&self, fault: &str) -> Error {
        self.error_at(fault, self.body, 0)
    }

    fn error_at(&self, fault: &str, text: &[u8], offset: usize) -> Error {
        let Self { status, body, .. } = self;
        let kept = Bytes::copy_from_slice(&body[..body.len().min(BODY_LIMIT)]);
        let status = status.as_u16();
        let content_type = self.content_type().unwrap_or("no content type");
        let message = match excerpt_around(text, offset) {
            shown if shown.is_empty() => format!("{fault}; status {status}, {content_type}, no body"),
            shown => format!("{fault}; status {status}, {content_type}, body: {shown}"),
        };
        Error::new(ErrorKind::Decode, message)
            .with_status(status)
            .with_body(kept)
            .with_may_have_reached_server(true)
    }

    /// `text/html` of `text/html; charset=utf-8`.
    fn content_type(&self) -> Option<&str> {
        let value = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        value.split(';').next().map(str::trim)
    }

    fn says_json(&self) -> bool {
        self.content_type().is_none_or(|essence| {
            let essence = essence.to_ascii_lowercase();
            essence.ends_with("/json") || essence.ends_with("+json")
        })
    }
}

/// The value of a reply: inside its envelope, or its whole body.
pub(super) fn reply<T: DeserializeOwned>(reply: &Reply<Body>) -> Result<T, Error> {
    let origin = Origin {
        status: reply.status,
        headers: &reply.headers,
        body: buffered(&reply.value)?,
    };
    value(&origin, reply.envelope.as_deref())
}

/// The value of a body, inside its envelope where it has one.
pub(super) fn value<T: DeserializeOwned>(
    origin: &Origin<'_>,
    envelope: Option<&Envelope>,
) -> Result<T, Error> {
    let document = Document::new(origin, envelope);
    document.decode(document.value.clone(), origin)
}

/// The bytes of a body that was read.
pub(super) fn bytes(body: Body) -> Result<Bytes, Error> {
    body.into_bytes().map_err(|_| unread())
}

pub(super) fn buffered(body: &Body) -> Result<&[u8], Error> {
    body.as_bytes().ok_or_else(unread)
}

fn unread() -> Error {
    Error::new(
        ErrorKind::Decode,
        "the body is a stream, which only a `ByteStream` reads",
    )
}

/// A JSON document, and which part of it is the value.
pub(super) struct Document<'d> {
    pub(super) text: Cow<'d, [u8]>,
    pub(super) value: Range<usize>,
}

impl<'d> Document<'d> {
    /// An empty body is the document `null`.
    pub(super) fn new(origin: &Origin<'d>, envelope: Option<&'d Envelope>) -> Self {
        let text = match envelope {
            Some(envelope) => Cow::Borrowed(envelope.document()),
            None => charset::json_text(origin.headers, origin.body),
        };
        if text.trim_ascii().is_empty() {
            return Self {
                text: Cow::Borrowed(b"null"),
                value: 0..4,
            };
        }
        let whole = 0..text.len();
        let value = envelope.and_then(Envelope::data).unwrap_or(whole);
        Self { text, value }
    }

    /// Where in the document a part of it is.
    pub(super) fn range_of(&self, part: &RawValue) -> Range<usize> {
        let start = part.get().as_ptr().addr() - self.text.as_ptr().addr();
        start..start + part.get().len()
    }

    /// Decodes a part of the document.
    pub(super) fn decode<'s, T: Deserialize<'s>>(
        &'s self,
        part: Range<usize>,
        origin: &Origin<'_>,
    ) -> Result<T, Error> {
        match serde_json::from_slice(&self.text[part.clone()]) {
            Ok(value) => Ok(value),
            // A type without size, `()` above all, keeps nothing of any body: whatever document there is will do.
            Err(error) if size_of::<T>() == 0 && is_json(&self.text) => {
                serde_json::from_slice(b"null").map_err(|_| self.explain(error, part.start, origin))
            }
            Err(error) => Err(self.explain(error, part.start, origin)),
        }
    }

    /// Says where in the whole document a part of it could not be decoded.
    ///
    /// The path is found from the error's position, so that users' types are compiled for one deserializer only.
    fn explain(&self, error: serde_json::Error, start: usize, origin: &Origin<'_>) -> Error {
        let offset = start + offset(&self.text[start..], error.line(), error.column());
        let (line, column) = line_and_column(&self.text, offset);
        let position = format!("at line {line} column {column}");
        let fault = match self.fault(&error, offset, origin) {
            fault if error.line() == 0 => fault,
            fault => format!("{fault} {position}"),
        };
        let explained = match origin.body.trim_ascii() {
            [] => origin.error(&format!("the body is empty, which reads as `null`: {fault}")),
            b"null" if !origin.status.is_success() => origin.error(&none_on(origin.status, &fault)),
            _ => origin.error_at(&fault, &self.text, offset),
        };
        // Its text may be as long as the body.
        match error.to_string().len() {
            0..=FAULT => explained.with_source(error),
            _ => explained,
        }
    }

    fn fault(&self, error: &serde_json::Error, offset: usize, origin: &Origin<'_>) -> String {
        let bare = bare_text(error);
        let category = error.classify();
        // A list that is too long for a tuple is a fault of syntax to `serde_json`.
        if category == Category::Data || is_json(&self.text) {
            return match path_at(&self.text, offset) {
                path if path.is_empty() => bare,
                path => format!("`{path}`: {bare}"),
            };
        }
        if let Err(invalid) = std::str::from_utf8(&self.text) {
            return format!(
                "the body is not valid UTF-8 (byte {}): {bare}",
                invalid.valid_up_to()
            );
        }
        if !origin.says_json() {
            let content_type = origin.content_type().unwrap_or_default();
            return format!(
                "expected JSON, got {content_type} (`Text` and `Raw` read what is not JSON): {bare}"
            );
        }
        if self.text.trim_ascii_start().starts_with(b"<") {
            return format!("expected JSON, got what looks like HTML or XML: {bare}");
        }
        match category {
            Category::Eof => format!("the JSON ends early: {bare}"),
            Category::Syntax | Category::Io | Category::Data => format!("the body is not valid JSON: {bare}"),
        }
    }
}

/// What is read of a status under `none_on` is no word of the server's.
fn none_on(status: StatusCode, fault: &str) -> String {
    let status = status.as_u16();
    format!(
        "{status} reads as `null` by `#[none_on({status})]`, which the method's type cannot be; `Option<…>` can: {fault}"
    )
}

fn is_json(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// The error's text without its position, which is of the part and not of the document.
fn bare_text(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    if let Some(bare) = text.strip_suffix(&position) {
        text.truncate(bare.len());
    }
    match text.char_indices().find(|(at, _)| *at >= FAULT) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// Where in a document it does not decode, as a path; empty for the document itself.
pub(crate) fn path_of(error: &serde_json::Error, text: &[u8]) -> String {
    path_at(text, offset(text, error.line(), error.column()))
}

/// How many bytes of a text lie before a position, as `serde_json` counts lines and columns.
fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(breaks) => line_breaks(text).nth(breaks).map_or(text.len(), |at| at + 1),
    };
    (start + column).min(text.len())
}

fn line_and_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = line_breaks(before).count() + 1;
    let start = line_breaks(before).last().map_or(0, |at| at + 1);
    (line, before.len() - start)
}

fn line_breaks(text: &[u8]) -> impl Iterator<Item = usize> {
    text.iter()
        .enumerate()
        .filter_map(|(at, byte)| (*byte == b'\n').then_some(at))
}

/// The beginning of a text, or what is around a place far from it.
fn excerpt_around(text: &[u8], offset: usize) -> String {
    if offset < 250 {
        return excerpt(text);
    }
    let mut start = offset - 150;
    while text.get(start).is_some_and(|byte| byte & 0xc0 == 0x80) {
        start += 1;
    }
    format!("…{}", excerpt(text.get(start..).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
