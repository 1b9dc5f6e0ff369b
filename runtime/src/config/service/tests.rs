use super::*;
use crate::error::ErrorKind;

const SECOND: Duration = Duration::from_secs(1);

fn mistake(config: &ServiceConfig) -> String {
    let error = config.validate("orders").expect_err("a mistake");
    assert_eq!(error.kind(), ErrorKind::Config);
    error.message().to_owned()
}

#[test]
fn every_setter_sets_its_field() {
    let config = ServiceConfig::new()
        .url("http://a")
        .url("http://b")
        .timeout(SECOND * 4)
        .attempt_timeout(SECOND)
        .connect_timeout(SECOND * 2)
        .idle_timeout(SECOND * 3)
        .retries(5)
        .backoff(Backoff::Fixed)
        .retry_delay(Duration::ZERO)
        .retry_max_delay(SECOND)
        .breaker(BreakerPolicy {
            failures: 2,
            max_open: SECOND,
        })
        .api_key_header("key")
        .header("X-A", "1")
        .envelope()
        .health_path("/api/health")
        .redirects(0);
    config.validate("orders").expect("all of it is legal");
    let settings = config.to_level().service;
    let urls: Vec<_> = settings.urls.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(urls, ["http://a/", "http://b/"]);
    assert_eq!(settings.timeout, Some(SECOND * 4));
    assert_eq!(settings.attempt_timeout, Some(SECOND));
    assert_eq!(settings.connect_timeout, Some(SECOND * 2));
    assert_eq!(settings.idle_timeout, Some(SECOND * 3));
    let retry = RetrySettings {
        enabled: Some(true),
        times: Some(5),
        backoff: Some(Backoff::Fixed),
        delay: Some(Duration::ZERO),
        max_delay: Some(SECOND),
        on: None,
    };
    assert_eq!(settings.retry, retry);
    assert_eq!(settings.breaker.failures, Some(2));
    assert!(matches!(settings.credential, Some(Credential::ApiKey(_))));
    assert_eq!(settings.headers.as_slice().len(), 1);
    assert_eq!(settings.envelope, Some(Some(EnvelopePolicy::default())));
    assert_eq!(settings.health_path.as_deref(), Some("/api/health"));
    assert_eq!(settings.redirects, Some(0));
}

#[test]
fn off_is_said_apart_from_nothing_said() {
    let config = ServiceConfig::new().no_retry().no_breaker().no_envelope();
    let settings = config.to_level().service;
    assert_eq!(settings.retry, RetrySettings::off());
    assert_eq!(settings.breaker, BreakerSettings::off());
    assert_eq!(settings.envelope, Some(None));
    assert_eq!(ServiceConfig::new().to_level().service, Settings::default());
}

#[test]
fn a_figure_of_the_delays_does_not_turn_retries_on() {
    let config = ServiceConfig::new()
        .no_retry()
        .retry_delay(SECOND)
        .backoff(Backoff::Linear);
    assert_eq!(config.settings.retry.enabled, Some(false));
    assert_eq!(config.retries(1).settings.retry.enabled, Some(true));
}

#[test]
fn each_credential_has_its_shape_and_the_last_one_holds() {
    let check = |config: ServiceConfig, expected: &[&str]| {
        config.validate("orders").expect("a legal key");
        let credential = config.settings.credential.expect("a credential");
        let names: Vec<_> = credential
            .headers()
            .iter()
            .map(|(name, _)| name.to_string())
            .collect();
        assert_eq!(names, expected);
    };
    check(ServiceConfig::new().api_key("k"), &["authorization"]);
    check(ServiceConfig::new().api_key_header("k"), &["x-api-key"]);
    check(
        ServiceConfig::new().api_key_and_secret("k", "s"),
        &["x-api-key", "x-api-secret"],
    );
    check(ServiceConfig::new().internal_token("t"), &["x-internal-token"]);
    check(
        ServiceConfig::new().internal_token("t").api_key("k"),
        &["authorization"],
    );
}

#[test]
fn a_mistake_names_the_service_the_setting_the_value_and_what_is_allowed() {
    let check = |config: ServiceConfig, expected: &str| {
        let message = mistake(&config);
        assert!(
            message.starts_with(&format!("service `orders`: {expected}")),
            "{message}"
        );
    };
    let new = ServiceConfig::new;
    check(
        new().url("htp://a"),
        "`url` is `htp://a`; expected `http://` or `https://`",
    );
    check(new().urls(["http://a", "b"]), "`url` is `b`; expected");
    check(
        new().timeout(Duration::ZERO),
        "`timeout` is `0ns`; expected 1 ms to 24 h",
    );
    check(
        new().attempt_timeout(Duration::MAX),
        "`attempt_timeout` is `18446744073709551615.999999999s`",
    );
    check(
        new().connect_timeout(SECOND * 86_401),
        "`connect_timeout` is `86401s`; expected 1 ms to 24 h",
    );
    check(
        new().idle_timeout(Duration::from_micros(999)),
        "`idle_timeout` is `999µs`; expected",
    );
    check(new().retry_delay(Duration::MAX), "`retry_delay` is");
    check(
        new().retry_max_delay(SECOND * 86_401),
        "`retry_max_delay` is `86401s`; expected 0 to 24 h",
    );
    check(
        new().retry_delay(SECOND * 2).retry_max_delay(SECOND),
        "`retry.delay` is `2s`; expected at most `retry.max_delay`, which is `1s`",
    );
    check(
        new().timeout(SECOND).attempt_timeout(SECOND * 2),
        "`attempt_timeout` is `2s`; expected at most `timeout`, which is `1s`",
    );
    check(
        new().retry(RetryPolicy {
            on: vec![http::StatusCode::OK],
            ..RetryPolicy::default()
        }),
        "`retry.on` is `200`; expected a status from 400 to 599",
    );
    check(
        new().breaker(BreakerPolicy {
            failures: 0,
            ..BreakerPolicy::default()
        }),
        "`breaker.failures` is `0`; expected a whole number of 1 or more",
    );
    check(
        new().breaker(BreakerPolicy {
            max_open: Duration::ZERO,
            ..BreakerPolicy::default()
        }),
        "`breaker.max_open` is `0ns`; expected 1 ms to 24 h",
    );
    check(
        new().header("X A", "1"),
        "`the name of a header` is `X A`; expected a header's name",
    );
    check(
        new().header("X-A", "a\nb"),
        "`header x-a` is not legal; expected visible ASCII",
    );
    check(
        new().api_key(""),
        "`api_key` is not legal; expected one or more visible ASCII",
    );
    check(
        new().health_path("health"),
        "`health_path` is `health`; expected a path such as",
    );
    check(
        new().envelope_keys(EnvelopePolicy {
            code: String::new(),
            ..EnvelopePolicy::default()
        }),
        "`envelope_keys` is `EnvelopePolicy {",
    );
}

#[test]
fn an_endpoint_takes_what_concerns_a_call_alone() {
    let check = |endpoint: ServiceConfig, key: &str| {
        let message = mistake(&ServiceConfig::new().endpoint("chat", endpoint));
        let expected = format!("service `orders`, endpoint `chat`: `{key}` ");
        assert!(message.starts_with(&expected), "{message}");
    };
    let new = ServiceConfig::new;
    check(new().url("http://a"), "url");
    check(new().connect_timeout(SECOND), "connect_timeout");
    check(new().health_path("/"), "health_path");
    check(new().endpoint("deeper", new()), "endpoint");
    check(new().timeout(Duration::ZERO), "timeout");
    let legal = new()
        .timeout(SECOND)
        .retries(1)
        .api_key("k")
        .header("X-A", "1")
        .no_envelope();
    new()
        .endpoint("chat", legal)
        .validate("orders")
        .expect("all of it is legal");
}

#[test]
fn the_defaults_take_no_address_and_no_endpoint() {
    let check = |config: ServiceConfig, key: &str| {
        let error = config.validate_defaults().expect_err(key);
        assert!(
            error.message().starts_with(&format!("the defaults: `{key}` ")),
            "{error}"
        );
    };
    let new = ServiceConfig::new;
    check(new().url("http://a"), "url");
    check(new().endpoint("chat", new()), "endpoint");
    new()
        .timeout(SECOND)
        .health_path("/api/health")
        .api_key("k")
        .validate_defaults()
        .expect("legal");
}

#[test]
fn an_endpoint_named_twice_has_both_settings() {
    let new = ServiceConfig::new;
    let config = new()
        .endpoint("chat", new().retries(1).timeout(SECOND))
        .endpoint("chat", new().timeout(SECOND * 2));
    let chat = &config.to_level().endpoints["chat"];
    assert_eq!(chat.timeout, Some(SECOND * 2));
    assert_eq!(chat.retry.times, Some(1));
}

#[test]
fn a_header_set_twice_has_its_last_value() {
    let config = ServiceConfig::new().header("X-A", "1").header("x-a", "2");
    let [(_, value)] = config.settings.headers.as_slice() else {
        panic!("one header")
    };
    assert_eq!(value, "2");
}

#[test]
fn a_continued_config_starts_a_new_list_of_addresses() {
    let continued = || ServiceConfig::new().url("http://a").continued();
    let count = |config: ServiceConfig| config.settings.urls.map_or(0, |urls| urls.len());
    assert_eq!(count(continued()), 1);
    assert_eq!(count(continued().url("http://b")), 1);
    assert_eq!(count(continued().url("http://b").url("http://c")), 2);
    assert_eq!(count(continued().urls(["http://b", "http://c"])), 2);
}

#[test]
fn no_secret_is_shown() {
    let secret = "hunter2";
    let configs = [
        ServiceConfig::new().api_key(secret),
        ServiceConfig::new().api_key_header(secret),
        ServiceConfig::new().api_key_and_secret(secret, secret),
        ServiceConfig::new().internal_token(secret),
        ServiceConfig::new().header("X-Mine", secret),
        ServiceConfig::new().header("X-Mine", "hunter2\n"),
        ServiceConfig::new().api_key("hunter2\n"),
        ServiceConfig::new().api_key_and_secret("k", "hunter2\n"),
        ServiceConfig::new().url("http://user:hunter2@a"),
        ServiceConfig::new().url("http://a?token=hunter2"),
    ];
    for config in configs {
        let shown = format!("{config:?} {:?}", config.validate("orders"));
        assert!(!shown.contains(secret), "{shown}");
        let outer = ServiceConfig::new().endpoint("chat", config);
        assert!(!format!("{outer:?}").contains(secret));
    }
}
