use serde::Deserialize;

use super::*;
use crate::reply::FromReply;
use crate::reply::fixture::{enveloped, reply};

const JSON: &str = "application/json";

#[derive(Debug, Deserialize, PartialEq)]
struct Item {
    id: u32,
}

#[derive(Debug, Deserialize, PartialEq)]
struct List {
    items: Vec<Item>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Wrapped {
    data: List,
}

fn fault<T: FromReply + std::fmt::Debug>(content_type: &str, body: impl Into<Bytes>) -> String {
    let error = T::from_reply(reply(200, content_type, body)).expect_err("no such value");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.status_code(), Some(200));
    error.to_string()
}

#[test]
fn an_empty_body_is_null() {
    for body in ["", " \r\n", "\u{feff}", "null"] {
        <()>::from_reply(reply(204, "", body)).expect("nothing");
        assert_eq!(
            Option::<Item>::from_reply(reply(200, JSON, body)).expect("nothing"),
            None
        );
    }
    assert_eq!(
        fault::<Item>("", ""),
        "the body is empty, which reads as `null`: invalid type: null, expected struct Item at line 1 column 4; \
         status 200, no content type, no body"
    );
}

#[test]
fn a_status_that_is_no_value_names_the_types_that_have_none() {
    let error = Item::from_reply(reply(404, JSON, "null")).expect_err("no item");
    assert_eq!(
        error.to_string(),
        "404 reads as `null` by `#[none_on(404)]`, which the method's type cannot be; `Option<…>` can: \
         invalid type: null, expected struct Item at line 1 column 4; status 404, application/json, body: null"
    );
    let none = Option::<Item>::from_reply(reply(404, JSON, "null"));
    assert_eq!(none.expect("nothing"), None);
    assert!(
        fault::<Item>(JSON, "null").starts_with("invalid type: null"),
        "the server's own"
    );
}

#[test]
fn a_unit_takes_any_document_and_nothing_else() {
    for body in ["{\"deleted\":true}", "[1]", "\"ok\"", "1"] {
        <()>::from_reply(reply(200, JSON, body)).expect(body);
    }
    assert!(fault::<()>("text/html", "<html>").contains("expected JSON, got text/html"));
    assert!(fault::<()>(JSON, "{").contains("invalid type: map"));
}

#[test]
fn an_error_names_path_status_type_and_excerpt() {
    let body = r#"{"data":{"items":[{"id":1},{"id":2},{"id":3},{"id":"x"}]}}"#;
    assert_eq!(
        fault::<Wrapped>(JSON, body),
        "`data.items[3].id`: invalid type: string \"x\", expected u32 at line 1 column 54; \
         status 200, application/json, body: {\"data\":{\"items\":[{\"id\":1},{\"id\":2},{\"id\":3},{\"id\":\"x\"}]}}"
    );
}

#[test]
fn the_path_is_of_the_whole_document_inside_an_envelope_too() {
    let body = "{\"code\":0,\n \"data\":{\"items\":[{\"id\":1},\n{\"id\":null}]}}";
    let error = List::from_reply(enveloped(200, body)).expect_err("null");
    let text = error.to_string();
    assert!(
        text.starts_with("`data.items[1].id`: invalid type: null, expected u32 at line 3 column 10;"),
        "{text}"
    );
    assert_eq!(error.body(), body.as_bytes());
}

#[test]
fn paths_of_every_shape() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only decoded")]
    struct Shapes {
        #[serde(default)]
        pair: Option<(u8, u8)>,
        #[serde(default)]
        mode: Option<Mode>,
        #[serde(default)]
        map: std::collections::BTreeMap<String, u8>,
    }
    #[derive(Debug, Deserialize)]
    enum Mode {
        Fast,
    }
    for (body, expected) in [
        (r#"{"pair":[1]}"#, "`pair`: invalid length 1"),
        (r#"{"pair":[1,2,3]}"#, "`pair[2]`: trailing characters"),
        (r#"{"pair":[1,256]}"#, "`pair[1]`: invalid value: integer `256`"),
        (
            r#"{"mode":"Slow"}"#,
            "`mode`: unknown variant `Slow`, expected `Fast`",
        ),
        (
            r#"{"map":{"a b":-1}}"#,
            "`map[\"a b\"]`: invalid value: integer `-1`",
        ),
        (r#"{"map":{"a":{}}}"#, "`map.a`: invalid type: map"),
        (r#"{"what":1}"#, "`what`: unknown field `what`"),
        (r#"{"map":{},"map":{}}"#, "`map`: duplicate field `map`"),
        ("1", "invalid type: integer `1`, expected struct Shapes"),
    ] {
        let text = fault::<Shapes>(JSON, body);
        assert!(text.contains(expected), "{text}");
    }
    assert!(
        fault::<List>(JSON, r#"{"items":[{"id":1},{"ix":2}]}"#).starts_with("`items[1]`: missing field `id`")
    );
}

#[test]
fn what_is_not_json_is_called_by_its_name() {
    for (content_type, body, expected) in [
        (
            "text/html; charset=utf-8",
            &b"<!doctype html>"[..],
            "expected JSON, got text/html (",
        ),
        ("text/plain", b"ok", "expected JSON, got text/plain ("),
        (
            "application/json",
            b" <html>",
            "expected JSON, got what looks like HTML or XML",
        ),
        ("", b"<html>", "expected JSON, got what looks like HTML or XML"),
        (
            "application/json",
            b"{\"items\":[{\"id\":1},",
            "the JSON ends early: EOF while parsing",
        ),
        (
            "application/json",
            b"{\"items\":[]} x",
            "the body is not valid JSON: trailing characters",
        ),
        (
            "application/json",
            b"{\"items\":[]}{}",
            "the body is not valid JSON: trailing characters",
        ),
        (
            "application/json",
            b"{'items':[]}",
            "the body is not valid JSON: key must be a string",
        ),
        (
            "application/json",
            b"{\"items\xff\":[]}",
            "the body is not valid UTF-8 (byte 7)",
        ),
        ("application/problem+json", b"x", "the body is not valid JSON"),
    ] {
        let text = fault::<List>(content_type, Bytes::from_static(body));
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn json_is_taken_whatever_its_content_type_says() {
    let expected = List {
        items: vec![Item { id: 1 }],
    };
    for content_type in [
        "text/plain",
        "text/html",
        "application/octet-stream",
        "",
        "Application/JSON;v=1",
    ] {
        let list = List::from_reply(reply(200, content_type, r#"{"items":[{"id":1}]}"#));
        assert_eq!(list.expect(content_type), expected);
    }
}

#[test]
fn other_charsets_are_transcoded() {
    for (content_type, body) in [
        ("application/json; charset=iso-8859-1", &b"\"\xe9\""[..]),
        ("application/json; charset=iso-8859-1", b"\"\xc3\xa9\""),
        ("application/json", b"\xef\xbb\xbf\"\xc3\xa9\""),
        ("application/json", b"\xff\xfe\"\0\xe9\0\"\0"),
    ] {
        let body = Bytes::from_static(body);
        assert_eq!(
            String::from_reply(reply(200, content_type, body)).expect("text"),
            "\u{e9}"
        );
    }
}

#[test]
fn an_error_stays_small_whatever_the_body() {
    let long = "x".repeat(1_000_000);
    let error = List::from_reply(reply(200, JSON, format!("{{\"items\":\"{long}\"}}"))).expect_err("text");
    assert!(error.to_string().len() < 2000);
    assert!(format!("{error:?}").len() < 2000);
    assert_eq!(error.body().len(), BODY_LIMIT);
    let deep = "[".repeat(1_000_000);
    assert!(fault::<List>(JSON, deep).len() < 2000);
}

#[test]
fn an_excerpt_far_in_shows_what_is_around() {
    let items = "{\"id\":7},".repeat(1000);
    let text = fault::<List>(JSON, format!("{{\"items\":[{items}{{\"id\":\"here\"}}]}}"));
    assert!(text.contains("`items[1000].id`"), "{text}");
    assert!(text.contains("body: …") && text.contains("here"), "{text}");
}

#[test]
fn a_reply_keeps_its_head_and_its_envelope() {
    let reply = Reply::<List>::from_reply(enveloped(
        201,
        r#"{"code":"200","message":"made","data":{"items":[]}}"#,
    ));
    let reply = reply.expect("a list");
    assert_eq!(reply.status(), 201);
    assert_eq!(reply.instance(), "http://a");
    assert_eq!(reply.headers().len(), 1);
    assert_eq!((reply.code(), reply.message()), (Some("200"), Some("made")));
    assert_eq!(reply.into_inner(), List { items: vec![] });
}
