use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::*;
use crate::config::policy::{Backoff, EnvelopePolicy};
use crate::config::secret::{Credential, Secret};
use crate::config::settings::{BreakerSettings, RetrySettings};

fn parse(text: &str) -> FileSettings {
    FileSettings::parse("trunkline.toml", text).expect("a legal file")
}

/// The message for one line in the table of a service, without the place that they all share.
fn service_mistake(line: &str) -> String {
    let text = format!("[services.model-service]\n{line}\n");
    let error = FileSettings::parse("trunkline.toml", &text).expect_err(line);
    assert_eq!(error.kind(), ErrorKind::Config);
    let message = error.message();
    message
        .strip_prefix("trunkline.toml: `services.model-service.")
        .unwrap_or(message)
        .to_owned()
}

#[test]
fn reads_every_key() {
    let file = parse(
        r#"
        [defaults]
        timeout = "10s"
        health_path = "/api/health"

        [services.model-service]
        url = ["http://a:1", "https://b/api"]
        timeout = "2m"
        attempt_timeout = "30s"
        connect_timeout = "200ms"
        idle_timeout = "5s"
        retry = { times = 5, backoff = "linear", delay = "50ms", max_delay = "1s", on = [409, 423] }
        breaker = { failures = 3, max_open = "10s" }
        api_key = "hunter2"
        headers = { X-Tenant = "a", x-b = "" }
        envelope = { data = "result", code = "rc", message = "msg", ok = [0, "OK"] }
        health_path = "/ready"

        [services.model-service.endpoints.chat]
        timeout = "5m"
        retry = false
        breaker = false
        envelope = false
        "#,
    );
    assert_eq!(file.defaults.timeout, Some(Duration::from_secs(10)));
    assert_eq!(file.defaults.health_path.as_deref(), Some("/api/health"));
    let level = &file.services["model-service"];
    let mut headers = crate::config::Headers::default();
    headers.set(HeaderName::from_static("x-tenant"), HeaderValue::from_static("a"));
    headers.set(HeaderName::from_static("x-b"), HeaderValue::from_static(""));
    let expected = Settings {
        urls: Some(vec![
            "http://a:1".parse().expect("a URL"),
            "https://b/api".parse().expect("a URL"),
        ]),
        timeout: Some(Duration::from_secs(120)),
        attempt_timeout: Some(Duration::from_secs(30)),
        connect_timeout: Some(Duration::from_millis(200)),
        idle_timeout: Some(Duration::from_secs(5)),
        retry: RetrySettings {
            enabled: Some(true),
            times: Some(5),
            backoff: Some(Backoff::Linear),
            delay: Some(Duration::from_millis(50)),
            max_delay: Some(Duration::from_secs(1)),
            on: Some(vec![StatusCode::CONFLICT, StatusCode::LOCKED]),
        },
        breaker: BreakerSettings {
            enabled: Some(true),
            failures: Some(3),
            max_open: Some(Duration::from_secs(10)),
        },
        credential: Some(Credential::Key(Secret::parse("hunter2").expect("a legal key"))),
        headers,
        envelope: Some(Some(EnvelopePolicy {
            data: "result".to_owned(),
            code: "rc".to_owned(),
            message: "msg".to_owned(),
            ok: vec!["0".to_owned(), "OK".to_owned()],
        })),
        health_path: Some("/ready".to_owned()),
        redirects: None,
    };
    assert_eq!(level.service, expected);
    let chat = Settings {
        timeout: Some(Duration::from_secs(300)),
        retry: RetrySettings::off(),
        breaker: BreakerSettings::off(),
        envelope: Some(None),
        ..Settings::default()
    };
    assert_eq!(level.endpoints["chat"], chat);
}

#[test]
fn an_empty_file_says_nothing() {
    assert_eq!(parse(""), FileSettings::default());
    assert_eq!(
        parse("\u{feff}# nothing\r\n[defaults]\r\n[services]\r\n"),
        FileSettings::default()
    );
}

#[test]
fn the_short_forms_are_the_defaults() {
    let file =
        parse("[defaults]\nenvelope = true\nretry = true\nbreaker = { }\n[services.a]\nurl = 'http://a'");
    assert_eq!(file.defaults.envelope, Some(Some(EnvelopePolicy::default())));
    assert_eq!(file.defaults.retry.enabled, Some(true));
    assert_eq!(file.defaults.breaker.enabled, Some(true));
    assert_eq!(file.services["a"].service.urls.as_ref().map(Vec::len), Some(1));
}

#[test]
fn an_envelope_inherits_the_keys_that_it_leaves_out() {
    let file = parse("[services.a]\nenvelope = { data = 'result' }");
    let expected = EnvelopePolicy {
        data: "result".to_owned(),
        ..EnvelopePolicy::default()
    };
    assert_eq!(file.services["a"].service.envelope, Some(Some(expected)));
}

fn check_service(line: &str, expected: &str) {
    let message = service_mistake(line);
    assert!(message.starts_with(expected), "{line}: {message}");
}

#[test]
fn a_bad_time_or_address_is_named_with_what_is_allowed() {
    check_service(
        "timeout = '5'",
        "timeout` is `5`; expected a whole number with a unit",
    );
    check_service(
        "timeout = 5",
        "timeout` is `5`; expected a whole number with a unit",
    );
    check_service("timeout = 1.5", "timeout` is `1.5`; expected");
    check_service("timeout = ['5s']", "timeout` is `[…]`; expected");
    check_service("timeout = 1979-05-27", "timeout` is `1979-05-27`; expected");
    check_service("attempt_timeout = '0ms'", "attempt_timeout` is `0ms`; expected");
    check_service("connect_timeout = '25h'", "connect_timeout` is `25h`; expected");
    check_service("idle_timeout = true", "idle_timeout` is `true`; expected");
    check_service(
        "timeout = '1s'\nattempt_timeout = '2s'",
        "attempt_timeout` is `2s`; expected at most `timeout`, which is `1s`",
    );
    check_service("url = 5", "url` is `5`; expected a URL or an array");
    check_service("url = []", "url` is `[]`; expected a URL or an array");
    check_service("url = ['http://a', 5]", "url` is `5`; expected a URL or an array");
    check_service(
        "url = 'htp://a'",
        "url` is `htp://a`; expected `http://` or `https://`",
    );
}

#[test]
fn a_bad_retry_is_named_with_what_is_allowed() {
    check_service("retry = 3", "retry` is `3`; expected `true`, `false` or a table");
    check_service(
        "retry = { times = -1 }",
        "retry.times` is `-1`; expected a whole number from 0",
    );
    check_service(
        "retry = { times = 4294967296 }",
        "retry.times` is `4294967296`; expected a whole number",
    );
    check_service(
        "retry = { times = 2.5 }",
        "retry.times` is `2.5`; expected a whole number",
    );
    check_service(
        "retry = { backoff = 'expo' }",
        "retry.backoff` is `expo`; expected one of `exponential`",
    );
    check_service(
        "retry = { delay = 100 }",
        "retry.delay` is `100`; expected a whole number with a unit",
    );
    check_service(
        "retry = { delay = '6s', max_delay = '5s' }",
        "retry.delay` is `6s`; expected at most `retry.max_delay`, which is `5s`",
    );
    check_service(
        "retry = { on = 409 }",
        "retry.on` is `409`; expected an array of statuses",
    );
    check_service(
        "retry = { on = [200] }",
        "retry.on` is `200`; expected a status from 400 to 599",
    );
    check_service(
        "retry = { on = [65945] }",
        "retry.on` is `65945`; expected a status from 400 to 599",
    );
}

#[test]
fn a_bad_breaker_envelope_path_or_header_is_named_with_what_is_allowed() {
    check_service(
        "breaker = 'off'",
        "breaker` is `off`; expected `true`, `false` or a table",
    );
    check_service(
        "breaker = { failures = 0 }",
        "breaker.failures` is `0`; expected a whole number of 1 or more",
    );
    check_service(
        "breaker = { max_open = '0s' }",
        "breaker.max_open` is `0s`; expected",
    );
    check_service(
        "envelope = 'yes'",
        "envelope` is `yes`; expected `true`, `false` or a table",
    );
    check_service(
        "envelope = { data = '' }",
        "envelope.data` is ``; expected the name of a key",
    );
    check_service(
        "envelope = { ok = 0 }",
        "envelope.ok` is `0`; expected an array of one or more codes",
    );
    check_service(
        "envelope = { ok = [] }",
        "envelope.ok` is `[]`; expected an array of one or more codes",
    );
    check_service(
        "envelope = { ok = [1.5] }",
        "envelope.ok` is `1.5`; expected an array of one or more codes",
    );
    check_service(
        "health_path = 'health'",
        "health_path` is `health`; expected a path such as",
    );
    check_service("headers = 'X-A'", "headers` is `X-A`; expected a table");
    check_service(
        "headers = { 'X A' = 'b' }",
        "headers.\"X A\"` is not legal; expected a header's name",
    );
    check_service(
        "headers = { x-a = 1 }",
        "headers.x-a` is not legal; expected a string",
    );
    check_service(
        "headers = { x-a = '1', X-A = '2' }",
        "headers.x-a` is not legal; expected one value a header",
    );
}

#[test]
fn an_unknown_key_gets_the_choices_and_the_near_name() {
    let check = |text: &str, expected: &str| {
        let error = FileSettings::parse("t.toml", text).expect_err(text);
        assert_eq!(error.message(), expected, "{text}");
    };
    check(
        "[default]",
        "t.toml: `default` is not a key that belongs here; expected one of `defaults`, `services`; did you mean `defaults`?",
    );
    check(
        "[services.a]\nretry = { time = 1 }",
        "t.toml: `services.a.retry.time` is not a key that belongs here; expected one of `times`, `backoff`, `delay`, `max_delay`, `on`; did you mean `times`?",
    );
    check(
        "[services.\"a.b\"]\nbreaker = { limit = 1 }",
        "t.toml: `services.\"a.b\".breaker.limit` is not a key that belongs here; expected one of `failures`, `max_open`",
    );
}

#[test]
fn a_key_that_makes_no_sense_at_its_level_is_refused() {
    let check = |text: &str, key: &str| {
        let error = FileSettings::parse("t.toml", text).expect_err(text);
        let expected = format!("t.toml: `{key}` is not a key that belongs here; expected one of");
        assert!(error.message().starts_with(&expected), "{error}");
    };
    check("[defaults]\nurl = 'http://a'", "defaults.url");
    check("[defaults.endpoints.chat]", "defaults.endpoints");
    for key in ["url", "connect_timeout", "health_path", "endpoints"] {
        check(
            &format!("[services.a.endpoints.b]\n{key} = ''"),
            &format!("services.a.endpoints.b.{key}"),
        );
    }
}

#[test]
fn what_should_be_a_table_is_named() {
    let check = |text: &str, expected: &str| {
        let error = FileSettings::parse("t.toml", text).expect_err(text);
        assert_eq!(
            error.message(),
            format!("t.toml: {expected}; expected a table"),
            "{text}"
        );
    };
    check("defaults = 1", "`defaults` is `1`");
    check("services = []", "`services` is `[]`");
    check("services.a = 'http://a'", "`services.a` is `http://a`");
    check(
        "[services.a]\nendpoints.b = true",
        "`services.a.endpoints.b` is `true`",
    );
}

#[test]
fn no_error_shows_a_secret() {
    for line in [
        "api_key = \"hunter2\\n\"",
        "api_key = ['hunter2']",
        "api_kee = 'hunter2'",
        "api_key = 'hunter2",
        "api_key = 'hunter2' 'hunter2'",
        "api_key = 'hunter2'\napi_key = 'hunter2'",
        "headers = { Authorization = \"hunter2\\u0000\" }",
        "headers = { Authorization = ['hunter2'] }",
        "url = 'http://user:hunter2@a'",
        "url = 'http://a?key=hunter2'",
    ] {
        let text = format!("[services.a]\n{line}\n");
        let error = FileSettings::parse("t.toml", &text).expect_err(line);
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{line}: {error:?}"
        );
    }
    let legal = parse("[services.a]\napi_key = 'hunter2'\nheaders = { x-mine = 'hunter2' }");
    assert!(!format!("{legal:?}").contains("hunter2"));
}

#[test]
fn text_that_is_no_toml_is_named_by_its_line() {
    let check = |text: &str, line: usize| {
        let error = FileSettings::parse("dir/t.toml", text).expect_err(text);
        let expected = format!("dir/t.toml, line {line}: ");
        assert!(error.message().starts_with(&expected), "{error}");
        assert!(error.message().len() > expected.len(), "{error}");
    };
    check("[defaults", 1);
    check("\n\ntimeout 5", 3);
    check("[defaults]\ntimeout = '1s'\ntimeout = '2s'", 3);
    check("[defaults]\ntimeout = 5s", 2);
    check(&format!("a = {}", "[".repeat(100_000)), 1);
}

#[test]
fn an_absent_file_is_an_error_only_where_it_must_be_there() {
    let path = std::env::temp_dir().join("trunkline-there-is-no-such-file.toml");
    assert_eq!(
        FileSettings::read_if_present(&path).expect("absent is allowed"),
        None
    );
    let error = FileSettings::read(&path).expect_err("absent is an error");
    assert_eq!(
        error.message(),
        format!("{}: there is no such file", path.display())
    );
}
