//! A reply that is no value: a status that the method's type does not accept.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::Reply;
use crate::error::excerpt;
use crate::{Body, Error, ErrorKind};

/// The most bytes of an error body that are read, and searched for what it says.
pub(crate) const SEARCHED: usize = 1024 * 1024;

/// What an error body says, in any of the shapes that services use.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ErrorFields {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) details: Option<Value>,
}

/// The error of a reply whose status is not accepted and whose body is no envelope.
pub(crate) fn status_error(status: StatusCode, body: &Bytes) -> Error {
    error_with_fields(status, body, &status.to_string())
}

/// The error of a reply whose status has no variant in an enum with `#[derive(FromReply)]`.
pub fn unexpected_status(reply: Reply<Body>, accepted: &[u16]) -> Error {
    let status = reply.status();
    let choices: Vec<String> = accepted.iter().map(u16::to_string).collect();
    let cause = format!("{status}, where {} can be read", choices.join(", "));
    let body = reply.into_inner().into_bytes().unwrap_or_default();
    error_with_fields(status, &body, &cause)
}

fn error_with_fields(status: StatusCode, body: &Bytes, cause: &str) -> Error {
    let fields = error_fields(body);
    let cause = match &fields.message {
        Some(message) => format!("{cause}: {}", excerpt(message.as_bytes())),
        None => cause.to_owned(),
    };
    let error = Error::new(ErrorKind::Status, cause)
        .with_status(status.as_u16())
        .with_body(body.clone())
        .with_may_have_reached_server(true);
    fields.onto(error)
}

impl ErrorFields {
    /// The error with what the body says.
    pub(super) fn onto(self, mut error: Error) -> Error {
        if let Some(code) = self.code {
            error = error.with_code(code);
        }
        if let Some(message) = self.message {
            error = error.with_message(message);
        }
        match self.details {
            Some(details) => error.with_details(details),
            None => error,
        }
    }
}

/// What an error body says: `{"detail"}`, `{"error", "message", "details"}`, `{"error": true, "status_code", "message"}`,
/// `{"error": {..}}`, the envelopes' own keys, and `application/problem+json`.
pub(crate) fn error_fields(body: &[u8]) -> ErrorFields {
    if body.len() > SEARCHED {
        return ErrorFields::default();
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => object_fields(&object),
        _ => ErrorFields::default(),
    }
}

fn object_fields(object: &Map<String, Value>) -> ErrorFields {
    // `{"error": {"code", "message"}}` and `{"detail": {"code", "message"}}`: what is inside says more.
    for key in ["error", "detail"] {
        if let Some(Value::Object(inner)) = object.get(key) {
            let fields = object_fields(inner);
            return ErrorFields {
                code: fields.code.or_else(|| code(object)),
                message: fields.message.or_else(|| text(object, &MESSAGES)),
                details: fields.details.or_else(|| object.get(key).cloned()),
            };
        }
    }
    let message = text(object, &MESSAGES).or_else(|| list_message(object.get("detail")?));
    let message_is_elsewhere = message.is_some();
    ErrorFields {
        code: code(object)
            .or_else(|| text(object, &["error"]).filter(|_| message_is_elsewhere))
            .or_else(|| scalar(object.get("status_code")?)),
        message: message.or_else(|| text(object, &["error", "title"])),
        details: ["details", "errors", "detail"]
            .iter()
            .find_map(|key| match object.get(*key) {
                Some(Value::Null | Value::String(_)) | None => None,
                Some(details) => Some(details.clone()),
            }),
    }
}

const MESSAGES: [&str; 5] = ["message", "msg", "detail", "error_description", "error_message"];

fn code(object: &Map<String, Value>) -> Option<String> {
    ["code", "error_code"]
        .iter()
        .find_map(|key| scalar(object.get(*key)?))
}

fn text(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match object.get(*key) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(super::envelope::normal_number(&number.to_string())),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The `{"detail": [{"loc": ["body", "name"], "msg": "field required"}]}` of `FastAPI` in one line.
fn list_message(detail: &Value) -> Option<String> {
    let Value::Array(faults) = detail else {
        return None;
    };
    let first = faults.first()?;
    let message = match first {
        Value::String(message) => message.clone(),
        fault => fault.get("msg")?.as_str()?.to_owned(),
    };
    let place = match first.get("loc") {
        Some(Value::Array(steps)) => steps.iter().filter_map(scalar).collect(),
        _ => Vec::new(),
    };
    let more = match faults.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    Some(match place.as_slice() {
        [] => format!("{message}{more}"),
        place => format!("{}: {message}{more}", place.join(".")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "the rows read better")]
    fn check(body: Value, code: Option<&str>, message: Option<&str>, details: Option<Value>) {
        let fields = error_fields(body.to_string().as_bytes());
        assert_eq!(fields.code.as_deref(), code, "{body}");
        assert_eq!(fields.message.as_deref(), message, "{body}");
        assert_eq!(fields.details, details, "{body}");
    }

    #[test]
    fn reads_the_error_shapes_of_both_families() {
        check(json!({ "detail": "not found" }), None, Some("not found"), None);
        let faults = json!([{ "loc": ["body", "tags", 0], "msg": "field required", "type": "missing" }, { "msg": "x" }]);
        check(
            json!({ "detail": faults }),
            None,
            Some("body.tags.0: field required (and 1 more)"),
            Some(faults),
        );
        check(
            json!({ "error": true, "status_code": 404, "message": "no such service" }),
            Some("404"),
            Some("no such service"),
            None,
        );
        check(
            json!({ "error": "ValidationError", "message": "bad", "details": { "a": 1 } }),
            Some("ValidationError"),
            Some("bad"),
            Some(json!({ "a": 1 })),
        );
        check(
            json!({ "code": 40401, "message": "gone", "error_code": "GONE", "details": null }),
            Some("40401"),
            Some("gone"),
            None,
        );
        check(
            json!({ "success": false, "message": "m", "error_code": "E1" }),
            Some("E1"),
            Some("m"),
            None,
        );
    }

    #[test]
    fn reads_what_others_send() {
        check(json!({ "error": "boom" }), None, Some("boom"), None);
        check(
            json!({ "error": { "code": "rate_limit", "message": "slow down" } }),
            Some("rate_limit"),
            Some("slow down"),
            Some(json!({ "code": "rate_limit", "message": "slow down" })),
        );
        check(
            json!({ "error": "invalid_grant", "error_description": "expired" }),
            Some("invalid_grant"),
            Some("expired"),
            None,
        );
        check(
            json!({ "type": "about:blank", "title": "Conflict", "status": 409, "detail": "taken" }),
            None,
            Some("taken"),
            None,
        );
        check(
            json!({ "type": "about:blank", "title": "Conflict" }),
            None,
            Some("Conflict"),
            None,
        );
        check(json!([1, 2]), None, None, None);
        check(json!("text"), None, None, None);
        assert_eq!(error_fields(b"<html>"), ErrorFields::default());
        assert_eq!(error_fields(b""), ErrorFields::default());
    }

    #[test]
    fn a_status_error_says_what_the_body_says() {
        let error = status_error(
            StatusCode::NOT_FOUND,
            &Bytes::from_static(br#"{"detail":"no such order"}"#),
        );
        assert_eq!(error.kind(), ErrorKind::Status);
        assert_eq!(error.status_code(), Some(404));
        assert_eq!(error.to_string(), "404 Not Found: no such order");
        assert_eq!(error.message(), "no such order");
        assert_eq!(error.body(), br#"{"detail":"no such order"}"#);
        assert!(error.may_have_reached_server());
    }

    #[test]
    fn an_unexpected_status_names_the_choices() {
        let reply = Reply::of(Body::from("gone")).with_status(410);
        let error = unexpected_status(reply, &[201, 409]);
        assert_eq!(error.to_string(), "410 Gone, where 201, 409 can be read");
        assert_eq!(error.body(), b"gone");
    }
}
