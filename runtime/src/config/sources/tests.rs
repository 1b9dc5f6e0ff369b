use std::time::Duration;

use super::*;
use crate::config::secret::{Credential, Secret};

const SECOND: Duration = Duration::from_secs(1);

fn seconds(number: u64) -> Duration {
    SECOND * u32::try_from(number).expect("a small number")
}

fn file(text: &str) -> FileSettings {
    FileSettings::parse("trunkline.toml", text).expect("a legal file")
}

fn env(pairs: &[(&str, &str)]) -> EnvSnapshot {
    EnvSnapshot::from_pairs(pairs.iter().copied())
}

fn service(sources: &Sources, name: &str) -> ServiceLevel {
    sources.service(name).expect("legal values")
}

fn timeout(sources: &Sources) -> Option<u64> {
    service(sources, "a")
        .service
        .timeout
        .map(|timeout| timeout.as_secs())
}

#[test]
fn the_source_applied_last_wins() {
    type Push = fn(&mut Sources);
    let code: Push = |sources| sources.push_service("a", ServiceConfig::new().timeout(seconds(1)));
    let file: Push = |sources| sources.push_file(file("[services.a]\ntimeout = '2s'"));
    let env: Push = |sources| sources.push_env(env(&[("A_TIMEOUT", "3")])).expect("legal");
    let check = |pushes: &[Push], expected| {
        let mut sources = Sources::default();
        for push in pushes {
            push(&mut sources);
        }
        assert_eq!(timeout(&sources), expected);
    };
    check(&[], None);
    check(&[code], Some(1));
    check(&[code, file], Some(2));
    check(&[file, code], Some(1));
    check(&[code, file, env], Some(3));
    check(&[env, file, code], Some(1));
    check(&[file, env, file], Some(2));
}

#[test]
fn a_field_that_the_last_source_leaves_out_is_taken_from_the_one_before() {
    let mut sources = Sources::default();
    sources.push_service(
        "a",
        ServiceConfig::new()
            .url("http://code")
            .retries(9)
            .header("X-A", "code"),
    );
    sources.push_file(file(
        "[services.a]\nretry = { delay = '1s' }\nheaders = { X-B = 'file' }\n[services.a.endpoints.chat]\ntimeout = '5s'",
    ));
    sources.push_env(env(&[("A_TIMEOUT", "3")])).expect("legal");
    let level = service(&sources, "a");
    assert_eq!(level.service.urls.map(|urls| urls.len()), Some(1));
    assert_eq!(level.service.timeout, Some(seconds(3)));
    assert_eq!(level.service.retry.times, Some(9));
    assert_eq!(level.service.retry.delay, Some(seconds(1)));
    assert_eq!(level.service.headers.as_slice().len(), 2);
    assert_eq!(level.endpoints["chat"].timeout, Some(seconds(5)));
}

#[test]
fn the_settings_of_an_endpoint_go_over_each_other_too() {
    let mut sources = Sources::default();
    let chat = ServiceConfig::new().timeout(seconds(1)).retries(1);
    sources.push_service("a", ServiceConfig::new().endpoint("chat", chat));
    sources.push_file(file(
        "[services.a.endpoints.chat]\ntimeout = '2s'\n[services.a.endpoints.list]\nretry = false",
    ));
    let level = service(&sources, "a");
    assert_eq!(level.endpoints["chat"].timeout, Some(seconds(2)));
    assert_eq!(level.endpoints["chat"].retry.times, Some(1));
    assert_eq!(level.endpoints["list"].retry.enabled, Some(false));
}

#[test]
fn a_service_sees_nothing_of_another() {
    let mut sources = Sources::default();
    sources.push_service("b", ServiceConfig::new().timeout(SECOND));
    sources.push_file(file("[services.b]\ntimeout = '1s'\n[defaults]\ntimeout = '1s'"));
    sources
        .push_env(env(&[("B_TIMEOUT", "x"), ("DEFAULT_TIMEOUT", "1")]))
        .expect("legal");
    assert_eq!(service(&sources, "a"), ServiceLevel::default());
}

#[test]
fn the_defaults_of_all_sources_go_over_each_other() {
    let mut sources = Sources::default();
    sources.push_defaults(ServiceConfig::new().timeout(seconds(1)).redirects(0));
    sources.push_file(file("[defaults]\ntimeout = '2s'\nbreaker = { failures = 2 }"));
    sources
        .push_env(env(&[("DEFAULT_TIMEOUT", "3"), ("CB_RECOVERY_TIMEOUT", "4")]))
        .expect("legal");
    let defaults = sources.defaults();
    assert_eq!(defaults.timeout, Some(seconds(3)));
    assert_eq!(defaults.redirects, Some(0));
    assert_eq!(defaults.breaker.failures, Some(2));
    assert_eq!(defaults.breaker.max_open, Some(seconds(4)));
}

#[test]
fn a_figure_in_the_environment_does_not_turn_on_what_a_file_turned_off() {
    let mut sources = Sources::default();
    sources.push_file(file("[defaults]\nretry = false\nbreaker = false"));
    let pairs = [("DEFAULT_RETRY_DELAY", "1"), ("CB_FAILURE_THRESHOLD", "2")];
    sources.push_env(env(&pairs)).expect("legal");
    let defaults = sources.defaults();
    assert_eq!(defaults.retry.enabled, Some(false));
    assert_eq!(defaults.breaker.enabled, Some(false));
}

#[test]
fn a_service_of_its_own_name_goes_before_the_map() {
    let map = (
        "RPC_CLIENT__SERVICES",
        r#"{"a": "http://map", "b": "http://map"}"#,
    );
    let mut sources = Sources::default();
    sources
        .push_env(env(&[map, ("A_URL", "http://own")]))
        .expect("legal");
    let url = |name| service(&sources, name).service.urls.expect("an address")[0].to_string();
    assert_eq!(url("a"), "http://own/");
    assert_eq!(url("b"), "http://map/");
}

#[test]
fn an_env_file_is_weaker_than_the_environment_in_either_order() {
    let environment = || env(&[("A_TIMEOUT", "1"), ("SERVICE__NAME", "process")]);
    let dotenv = || {
        EnvSnapshot::from_text(
            ".env",
            "A_TIMEOUT=2\nA_RETRY=7\nSERVICE__NAME=file\nMETRICS_ENABLED=false",
        )
        .expect("legal lines")
    };
    let check = |sources: &Sources| {
        let level = service(sources, "a");
        assert_eq!(level.service.timeout, Some(seconds(1)));
        assert_eq!(level.service.retry.times, Some(7));
        let client = sources.client_env();
        assert_eq!(client.caller.as_deref(), Some("process"));
        assert_eq!(client.metrics_enabled, Some(false));
    };
    let mut sources = Sources::default();
    sources.push_env_file(dotenv()).expect("legal");
    sources.push_env(environment()).expect("legal");
    check(&sources);
    let mut sources = Sources::default();
    sources.push_env(environment()).expect("legal");
    sources.push_file(file("[services.b]"));
    sources.push_env_file(dotenv()).expect("legal");
    check(&sources);
}

#[test]
fn a_bad_environment_is_refused_when_it_is_applied() {
    let mut sources = Sources::default();
    let bad = || env(&[("DEFAULT_TIMEOUT", "x")]);
    sources.push_env(bad()).expect_err("a bad number");
    sources.push_env_file(bad()).expect_err("a bad number");
    assert_eq!(sources.client_env(), ClientEnv::default());
}

#[test]
fn a_bad_value_of_a_service_is_an_error_of_that_service() {
    let mut sources = Sources::default();
    sources
        .push_env(env(&[("A_TIMEOUT", "x")]))
        .expect("the client's own names are legal");
    let error = sources.service("a").expect_err("a bad number");
    assert!(error.message().starts_with("`A_TIMEOUT` is `x`"), "{error}");
    service(&sources, "b");
}

#[test]
fn mistakes_in_code_are_found_before_the_first_call() {
    let check = |push: fn(&mut Sources), expected: &str| {
        let mut sources = Sources::default();
        push(&mut sources);
        let error = sources.validate().expect_err(expected);
        assert!(error.message().starts_with(expected), "{error}");
    };
    check(
        |sources| sources.push_service("a", ServiceConfig::new().url("x")),
        "service `a`: `url` is `x`",
    );
    check(
        |sources| sources.push_defaults(ServiceConfig::new().url("http://a")),
        "the defaults: `url`",
    );
    Sources::default()
        .validate()
        .expect("nothing is wrong with nothing");
}

#[test]
fn configure_goes_over_everything_and_adds_to_what_it_said() {
    let mut sources = Sources::default();
    sources
        .push_env(env(&[("A_TIMEOUT", "3"), ("A_URL", "http://env")]))
        .expect("legal");
    let first = sources.configured("a").timeout(seconds(9)).url("http://one");
    sources.set_configured("a", first, &[]).expect("legal");
    sources.push_service("a", ServiceConfig::new().timeout(seconds(1)));
    let second = sources.configured("a").retries(5).url("http://two");
    sources.set_configured("a", second, &[]).expect("legal");
    let level = service(&sources, "a").service;
    assert_eq!(level.timeout, Some(seconds(9)));
    assert_eq!(level.retry.times, Some(5));
    let urls: Vec<_> = level.urls.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(urls, ["http://two/"]);
}

#[test]
fn a_config_that_is_refused_changes_nothing() {
    let mut sources = Sources::default();
    let good = sources.configured("a").retries(5);
    sources.set_configured("a", good, &[]).expect("legal");
    let bad = sources.configured("a").retries(6).timeout(Duration::ZERO);
    sources.set_configured("a", bad, &[]).expect_err("no time at all");
    assert_eq!(service(&sources, "a").service.retry.times, Some(5));
    let next = sources.configured("a").retries(7);
    sources
        .set_configured("a", next, &[])
        .expect("the mistake is forgotten");
}

#[test]
fn a_key_from_the_environment_goes_out_as_code_says() {
    let mut sources = Sources::default();
    sources.push_service("a", ServiceConfig::new().api_key_header("from code"));
    sources
        .push_env(env(&[("A_API_KEY", "from-env")]))
        .expect("legal");
    let expected = Credential::ApiKey(Secret::parse("from-env").expect("a legal key"));
    assert_eq!(service(&sources, "a").service.credential, Some(expected));
}

#[test]
fn an_unknown_endpoint_is_named_with_those_that_there_are() {
    let mut sources = Sources::default();
    sources.push_file(file("[services.a.endpoints.chta]\ntimeout = '5s'"));
    let level = service(&sources, "a");
    level
        .check_endpoints("a", &["chta", "other"])
        .expect("it is known");
    let error = level
        .check_endpoints("a", &["chat", "models"])
        .expect_err("it is not known");
    assert_eq!(
        error.message(),
        "service `a`: an endpoint with settings is `chta`; expected one of `chat`, `models`; did you mean `chat`?"
    );
}

#[test]
fn no_secret_is_shown() {
    let mut sources = Sources::default();
    sources.push_service("a", ServiceConfig::new().api_key("hunter2"));
    sources.push_file(file("[defaults]\napi_key = 'hunter2'"));
    let pairs = [("A_API_KEY", "hunter2"), ("MESSAGING_URL", "amqp://u:hunter2@a")];
    sources.push_env(env(&pairs)).expect("legal");
    let config = sources.configured("a").internal_token("hunter2");
    sources.set_configured("a", config, &[]).expect("legal");
    let shown = format!("{sources:?} {:?} {:?}", sources.service("a"), sources.defaults());
    assert!(!shown.contains("hunter2"), "{shown}");
}
