use http::header::CONTENT_TYPE;
use serde_json::json;

use super::*;
use crate::reply::fixture::enveloped;
use crate::reply::{FromReply, Raw, Reply};

fn read_with(policy: &EnvelopePolicy, status: u16, body: &str) -> Option<Envelope> {
    let status = StatusCode::from_u16(status).expect("a status");
    let body = Bytes::copy_from_slice(body.as_bytes());
    Envelope::read(policy, status, &HeaderMap::new(), &body)
}

fn read(status: u16, body: &str) -> Option<Envelope> {
    read_with(&EnvelopePolicy::default(), status, body)
}

#[test]
fn both_families_say_success() {
    for (body, code, message) in [
        (
            r#"{"success":true,"message":"ok","data":1,"error_code":null}"#,
            None,
            Some("ok"),
        ),
        (r#"{"success":true,"data":1}"#, None, None),
        (
            r#"{"code":0,"message":"ok","data":1,"timestamp":0}"#,
            Some("0"),
            Some("ok"),
        ),
        (r#"{"code":200,"message":"ok","data":1}"#, Some("200"), Some("ok")),
        (
            r#"{"code":"0000","message":"ok","data":1}"#,
            Some("0000"),
            Some("ok"),
        ),
        (r#"{"code":"200","data":1}"#, Some("200"), None),
        (r#"{"code":200.0,"data":1}"#, Some("200"), None),
        (r#"{"code":2e2,"data":1}"#, Some("200"), None),
        (r#"{"code":-0,"data":1}"#, Some("0"), None),
        (r#"{"code":0,"success":true,"data":1}"#, Some("0"), None),
        (
            r#"{"\u0063ode":"\u0030","message":"a\nb","data":1}"#,
            Some("0"),
            Some("a\nb"),
        ),
    ] {
        let envelope = read(200, body).expect(body);
        assert!(!envelope.failed, "{body}");
        assert_eq!(envelope.code.as_deref(), code, "{body}");
        assert_eq!(envelope.message.as_deref(), message, "{body}");
        assert_eq!(&envelope.document()[envelope.data().expect(body)], b"1");
    }
}

#[test]
fn both_families_say_failure() {
    for (status, body, code, message) in [
        (
            200,
            r#"{"success":false,"message":"no","data":null,"error_code":"E1"}"#,
            Some("E1"),
            "no",
        ),
        (
            200,
            r#"{"success":false,"message":"no","error_code":17}"#,
            Some("17"),
            "no",
        ),
        (200, r#"{"success":false,"detail":"no"}"#, None, "no"),
        (200, r#"{"success":"false","message":"no"}"#, None, "no"),
        (
            200,
            r#"{"error":true,"status_code":503,"message":"no"}"#,
            Some("503"),
            "no",
        ),
        (
            200,
            r#"{"code":200,"error":"true","message":"no"}"#,
            Some("200"),
            "no",
        ),
        (
            200,
            r#"{"code":4001,"message":"no","data":null}"#,
            Some("4001"),
            "no",
        ),
        (200, r#"{"code":"00","message":"no"}"#, Some("00"), "no"),
        (200, r#"{"code":-1,"message":"no"}"#, Some("-1"), "no"),
        (
            200,
            r#"{"code":0,"success":false,"message":"no"}"#,
            Some("0"),
            "no",
        ),
        (500, r#"{"code":-1,"message":"no"}"#, Some("-1"), "no"),
        (503, r#"{"code":200,"message":"no"}"#, Some("200"), "no"),
        (404, r#"{"success":true,"message":"no"}"#, None, "no"),
        (
            422,
            r#"{"code":42200,"message":"no","error_code":"VALIDATION"}"#,
            Some("42200"),
            "no",
        ),
    ] {
        let envelope = read(status, body).expect(body);
        assert!(envelope.failed, "{body}");
        assert_eq!(envelope.code.as_deref(), code, "{body}");
        assert_eq!(envelope.message.as_deref(), Some(message), "{body}");
    }
}

#[test]
fn what_has_neither_success_nor_code_is_no_envelope() {
    for body in [
        r#"{"detail":"no"}"#,
        r#"{"error":false,"message":"fine"}"#,
        r#"{"error":{"message":"no"}}"#,
        "",
        "null",
        "1",
        "\"text\"",
        "[]",
        "[{\"code\":1}]",
        "{}",
        r#"{"data":1}"#,
        r#"{"detail":"not found"}"#,
        r#"{"code":null,"success":null}"#,
        r#"{"code":{"a":1}}"#,
        r#"{"code":""}"#,
        r#"{"code":1"#,
        r#"{"code":1} x"#,
        "<html>",
    ] {
        assert_eq!(read(400, body), None, "{body}");
    }
}

#[test]
fn other_keys_and_codes_by_policy() {
    let policy = EnvelopePolicy {
        data: "result".into(),
        code: "status".into(),
        message: "msg".into(),
        ok: vec!["OK".into(), "1.0".into()],
    };
    let envelope = read_with(
        &policy,
        200,
        r#"{"status":"OK","msg":"fine","result":[1],"code":9}"#,
    )
    .expect("one");
    assert!(!envelope.failed);
    assert_eq!(envelope.message.as_deref(), Some("fine"));
    assert_eq!(&envelope.document()[envelope.data().expect("data")], b"[1]");
    assert!(!read_with(&policy, 200, r#"{"status":1}"#).expect("one").failed);
    assert!(read_with(&policy, 200, r#"{"status":"ok"}"#).expect("one").failed);
    assert_eq!(read_with(&policy, 200, r#"{"code":0,"data":1}"#), None);
}

#[test]
fn a_failed_envelope_is_business_with_the_status_apart() {
    let body = r#"{"code":42200,"message":"bad input","details":{"errors":[{"field":"a","message":"m","type":"t"}]}}"#;
    let error = read(422, body)
        .expect("one")
        .into_error(StatusCode::UNPROCESSABLE_ENTITY, &Bytes::from(body));
    assert_eq!(error.kind(), ErrorKind::Business);
    assert_eq!(error.status_code(), Some(422));
    assert_eq!(error.code(), Some("42200"));
    assert_eq!(error.message(), "bad input");
    assert_eq!(
        error.details(),
        Some(&json!({ "errors": [{ "field": "a", "message": "m", "type": "t" }] }))
    );
    assert_eq!(error.to_string(), "bad input (code 42200)");
    assert_eq!(error.body(), body.as_bytes());
}

#[test]
fn a_failure_without_words_still_says_something() {
    for (body, expected) in [
        (
            r#"{"success":false}"#,
            "the service answered that the call failed",
        ),
        (r#"{"code":7}"#, "the service answered with code 7"),
    ] {
        let error = read(200, body)
            .expect(body)
            .into_error(StatusCode::OK, &Bytes::new());
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_success_without_data_is_the_whole_body() {
    #[derive(Debug, serde::Deserialize)]
    struct Named {
        order: u32,
    }
    let named = Named::from_reply(enveloped(200, r#"{"success":true,"order":7}"#)).expect("named");
    assert_eq!(named.order, 7);
    <()>::from_reply(enveloped(200, r#"{"success":true,"message":"deleted"}"#)).expect("nothing");
    let null = Option::<Named>::from_reply(enveloped(200, r#"{"code":0,"data":null}"#)).expect("null");
    assert!(null.is_none());
}

#[test]
fn data_of_a_raw_reply_is_unwrapped() {
    let raw = |body: &str| Reply::<Raw>::from_reply(enveloped(200, body)).expect("raw");
    let reply = raw(r#"{"code":0,"message":"ok","data":[1,2]}"#);
    assert_eq!(reply.data::<Vec<u8>>().expect("a list"), [1, 2]);
    assert_eq!(reply.code(), Some("0"));
    assert_eq!(reply.json::<Value>().expect("a document")["message"], "ok");
    assert_eq!(raw("[3]").data::<Vec<u8>>().expect("a list"), [3]);
    let error = reply.data::<Vec<String>>().expect_err("numbers");
    assert!(
        error.to_string().starts_with("`data[0]`: invalid type"),
        "{error}"
    );
}

#[test]
fn data_understands_the_known_shapes_unasked() {
    let reply = Reply::of(Raw::new(&br#"{"code":0,"data":5}"#[..], None));
    assert_eq!(reply.data::<u8>().expect("a number"), 5);
    let reply = Reply::of(Raw::new(&br#"{"code":5,"message":"no"}"#[..], None));
    assert_eq!(
        reply.data::<u8>().expect_err("failed").kind(),
        ErrorKind::Business
    );
    let reply = Reply::of(Raw::new(&b"7"[..], None));
    assert_eq!(reply.data::<u8>().expect("a number"), 7);
}

#[test]
fn an_envelope_in_another_charset_is_read() {
    let headers = HeaderMap::from_iter([(
        CONTENT_TYPE,
        "application/json; charset=iso-8859-1".parse().expect("legal"),
    )]);
    let body = Bytes::from_static(b"{\"code\":1,\"message\":\"caf\xe9\"}");
    let envelope = Envelope::read(&EnvelopePolicy::default(), StatusCode::OK, &headers, &body).expect("one");
    assert_eq!(envelope.message.as_deref(), Some("café"));
}
