use std::time::Duration;

use http::uri::Scheme;

use super::client::Environment;
use super::*;
use crate::by_name::ByName;
use crate::config::secret::{Credential, Secret};
use crate::config::settings::{BreakerSettings, RetrySettings, Settings};
use crate::error::ErrorKind;

fn snapshot(pairs: &[(&str, &str)]) -> EnvSnapshot {
    EnvSnapshot::from_pairs(pairs.iter().copied())
}

fn client(pairs: &[(&str, &str)]) -> ClientEnv {
    snapshot(pairs).client().expect("legal values")
}

fn service(name: &str, pairs: &[(&str, &str)]) -> Settings {
    snapshot(pairs).service(name).expect("legal values")
}

fn urls(settings: &Settings) -> Vec<String> {
    settings.urls.iter().flatten().map(ToString::to_string).collect()
}

#[test]
fn nothing_is_said_where_nothing_is_set() {
    assert_eq!(client(&[]), ClientEnv::default());
    assert_eq!(service("order-service", &[("PATH", "/bin")]), Settings::default());
    let empty = [
        ("DEFAULT_TIMEOUT", ""),
        ("GATEWAY_URL", "  "),
        ("RPC_CLIENT__SERVICES", ""),
    ];
    assert_eq!(
        client(&empty),
        ClientEnv::default(),
        "an empty value counts as not set"
    );
    assert_eq!(
        service("a", &[("A_API_KEY", ""), ("A_URL", " "), ("A_RETRY", "")]),
        Settings::default()
    );
}

#[test]
fn reads_every_client_wide_name() {
    let read = client(&[
        ("MICROSERVICE_ENV", "production"),
        ("GATEWAY_URL", "http://gateway:8080"),
        ("MESSAGING_URL", "amqp://guest:guest@localhost:5672"),
        ("DEFAULT_TIMEOUT", "5"),
        ("DEFAULT_RETRY_TIMES", "2"),
        ("DEFAULT_RETRY_DELAY", "0.5"),
        ("CB_FAILURE_THRESHOLD", "7"),
        ("CB_RECOVERY_TIMEOUT", "90"),
        ("SERVICE_CACHE_TTL", "10.5"),
        ("METRICS_ENABLED", "False"),
        ("LOGGING_ENABLED", "TRUE"),
        ("RPC_CLIENT__DNS_SCHEME", "https"),
        ("RPC_CLIENT__DNS_PORT", "8443"),
        ("RPC_CLIENT__USE_DNS_FALLBACK", "false"),
        ("SERVICE__NAME", "agent-service"),
    ]);
    let expected = ClientEnv {
        environment: Some(Environment::Production),
        gateway_url: Some("http://gateway:8080".parse().expect("a URL")),
        messaging_url: Some(vec!["amqp://guest:guest@localhost:5672".parse().expect("a URL")]),
        metrics_enabled: Some(false),
        logging_enabled: Some(true),
        service_cache_ttl: Some(Duration::from_millis(10_500)),
        caller: Some("agent-service".to_owned()),
        dns_scheme: Some(Scheme::HTTPS),
        dns_port: Some(8443),
        use_dns_fallback: Some(false),
        defaults: Settings {
            timeout: Some(Duration::from_secs(5)),
            retry: RetrySettings {
                enabled: Some(true),
                times: Some(2),
                delay: Some(Duration::from_millis(500)),
                ..RetrySettings::default()
            },
            breaker: BreakerSettings {
                enabled: None,
                failures: Some(7),
                max_open: Some(Duration::from_secs(90)),
            },
            ..Settings::default()
        },
        services: ByName::default(),
    };
    assert_eq!(read, expected);
}

#[test]
fn the_stronger_alias_wins() {
    let timeout = |pairs: &[(&str, &str)]| client(pairs).defaults.timeout.map(|timeout| timeout.as_secs());
    let [strong, middle, weak] = [
        ("DEFAULT_TIMEOUT", "1"),
        ("RPC_CLIENT__DEFAULT_TIMEOUT", "2"),
        ("RPC_CLIENT_TIMEOUT", "3"),
    ];
    assert_eq!(timeout(&[weak, middle, strong]), Some(1));
    assert_eq!(timeout(&[weak, middle]), Some(2));
    assert_eq!(timeout(&[weak]), Some(3));
    assert_eq!(timeout(&[weak, ("DEFAULT_TIMEOUT", "")]), Some(3));

    let times = |pairs: &[(&str, &str)]| client(pairs).defaults.retry.times;
    let [strong, middle, weak] = [
        ("DEFAULT_RETRY_TIMES", "1"),
        ("RPC_CLIENT__DEFAULT_RETRY_TIMES", "2"),
        ("RPC_CLIENT_RETRIES", "3"),
    ];
    assert_eq!(times(&[weak, middle, strong]), Some(1));
    assert_eq!(times(&[weak, middle]), Some(2));
    assert_eq!(times(&[weak]), Some(3));

    let delay = |pairs: &[(&str, &str)]| client(pairs).defaults.retry.delay.map(|delay| delay.as_millis());
    let [strong, middle, weak] = [
        ("DEFAULT_RETRY_DELAY", "0"),
        ("RPC_CLIENT__RETRY_DELAY", "0.2"),
        ("RPC_CLIENT_RETRY_DELAY", "0.3"),
    ];
    assert_eq!(delay(&[weak, middle, strong]), Some(0));
    assert_eq!(delay(&[weak, middle]), Some(200));
    assert_eq!(delay(&[weak]), Some(300));
}

#[test]
fn reads_the_map_of_services() {
    let services = client(&[
        (
            "RPC_CLIENT_SERVICES",
            r#"{"a": "http://weak", "b": ["http://b1:1", "http://b2/api"]}"#,
        ),
        ("RPC_CLIENT__SERVICES", r#"{"a": "http://strong"}"#),
    ])
    .services;
    let shown: Vec<(String, Vec<String>)> = services
        .into_iter()
        .map(|(name, urls)| (name, urls.iter().map(ToString::to_string).collect()))
        .collect();
    let expected = [
        ("a".to_owned(), vec!["http://strong/".to_owned()]),
        (
            "b".to_owned(),
            vec!["http://b1:1/".to_owned(), "http://b2/api".to_owned()],
        ),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn reads_every_name_of_any_service() {
    let read = service(
        "model-service2",
        &[
            ("MODEL_SERVICE2_URL", "http://a:1, http://b"),
            ("MODEL_SERVICE2_TIMEOUT", "120"),
            ("MODEL_SERVICE2_RETRY", "0"),
            ("MODEL_SERVICE2_CIRCUIT_BREAKER", "false"),
            ("MODEL_SERVICE2_API_KEY", "hunter2"),
            ("OTHER_TIMEOUT", "nonsense of another service"),
        ],
    );
    assert_eq!(urls(&read), ["http://a:1/", "http://b/"]);
    let expected = Settings {
        urls: read.urls.clone(),
        timeout: Some(Duration::from_secs(120)),
        retry: RetrySettings {
            enabled: Some(true),
            times: Some(0),
            ..RetrySettings::default()
        },
        breaker: BreakerSettings::off(),
        credential: Some(Credential::Key(Secret::parse("hunter2").expect("a legal key"))),
        ..Settings::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn retry_times_is_an_alias_of_retry() {
    let times = |pairs: &[(&str, &str)]| service("a", pairs).retry.times;
    assert_eq!(times(&[("A_RETRY_TIMES", "4")]), Some(4));
    assert_eq!(times(&[("A_RETRY_TIMES", "4"), ("A_RETRY", "1")]), Some(1));
}

#[test]
fn a_service_named_like_the_client_takes_no_names() {
    for name in ["gateway", "messaging", "default"] {
        let upper = name.to_uppercase();
        let pairs = [
            (format!("{upper}_URL"), "http://a".to_owned()),
            (format!("{upper}_TIMEOUT"), "5".to_owned()),
        ];
        let settings = EnvSnapshot::from_pairs(pairs)
            .service(name)
            .expect("nothing is read");
        assert_eq!(settings, Settings::default(), "{name}");
    }
}

#[test]
fn a_bad_client_wide_value_is_named_with_what_is_allowed() {
    let check = |name: &str, value: &str, expected: &str| {
        let error = snapshot(&[(name, value)]).client().expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Config);
        let start = format!("`{name}` is `{value}`; expected {expected}");
        assert!(error.message().starts_with(&start), "{error}");
    };
    check(
        "MICROSERVICE_ENV",
        "prod",
        "one of `development`, `testing`, `staging`, `production`",
    );
    check("GATEWAY_URL", "gateway:8080", "`http://` or `https://`, a host");
    check("MESSAGING_URL", "kafka://a", "a URL that starts with `amqp://`");
    check("MESSAGING_URL", "amqp:", "a URL that starts with `amqp://`");
    for name in [
        "DEFAULT_TIMEOUT",
        "RPC_CLIENT__DEFAULT_TIMEOUT",
        "RPC_CLIENT_TIMEOUT",
        "CB_RECOVERY_TIMEOUT",
        "SERVICE_CACHE_TTL",
    ] {
        for value in ["0", "-1", "nan", "5s", "86401"] {
            check(name, value, "seconds as a decimal number from 0.001 to 86400");
        }
    }
    for name in [
        "DEFAULT_RETRY_DELAY",
        "RPC_CLIENT__RETRY_DELAY",
        "RPC_CLIENT_RETRY_DELAY",
    ] {
        check(name, "-1", "seconds as a decimal number, 0 or from");
    }
    for name in [
        "DEFAULT_RETRY_TIMES",
        "RPC_CLIENT__DEFAULT_RETRY_TIMES",
        "RPC_CLIENT_RETRIES",
    ] {
        check(name, "three", "a whole number from 0");
    }
    check("CB_FAILURE_THRESHOLD", "0", "a whole number from 1");
    for name in [
        "METRICS_ENABLED",
        "LOGGING_ENABLED",
        "RPC_CLIENT__USE_DNS_FALLBACK",
    ] {
        check(name, "yes", "`true` or `false`");
    }
    check("RPC_CLIENT__DNS_SCHEME", "dns", "`http` or `https`");
    check("RPC_CLIENT__DNS_PORT", "0", "a port from 1 to 65535");
    check("SERVICE__NAME", "agent service", "a name of visible ASCII");
}

#[test]
fn a_bad_alias_is_an_error_even_where_a_stronger_name_is_set() {
    let pairs = [("DEFAULT_TIMEOUT", "5"), ("RPC_CLIENT_TIMEOUT", "soon")];
    let error = snapshot(&pairs).client().expect_err("a bad alias");
    assert!(
        error.message().starts_with("`RPC_CLIENT_TIMEOUT` is `soon`"),
        "{error}"
    );
}

#[test]
fn a_bad_map_of_services_is_named() {
    let check = |value: &str, expected: &str| {
        for name in ["RPC_CLIENT__SERVICES", "RPC_CLIENT_SERVICES"] {
            let error = snapshot(&[(name, value)]).client().expect_err(value);
            let start = format!("`{name}`{expected}");
            assert!(error.message().starts_with(&start), "{value}: {error}");
        }
    };
    check(
        "nonsense",
        " is not legal; expected a JSON object from a service's name",
    );
    check("[]", " is not legal; expected a JSON object");
    check("{} {}", " is not legal; expected a JSON object");
    check(r#"{"a": "http://a""#, " is not legal; expected a JSON object");
    check(
        r#"{"a": 5}"#,
        ", service `a`, is `5`; expected a URL or an array of one or more URLs",
    );
    check(r#"{"a": null}"#, ", service `a`, is `null`; expected a URL");
    check(r#"{"a": []}"#, ", service `a`, is `[]`; expected a URL");
    check(
        r#"{"a": ["http://a", {}]}"#,
        ", service `a`, is `{…}`; expected a URL",
    );
    check(
        r#"{"a": "a:80"}"#,
        ", service `a`, is `a:80`; expected `http://` or `https://`",
    );
    check(
        r#"{"a": "http://a", "a": "http://b"}"#,
        ", service `a`, is not legal; expected one entry a service",
    );
    check(&"[".repeat(100_000), " is not legal; expected a JSON object");
}

#[test]
fn a_bad_value_of_a_service_is_named_when_the_service_is() {
    let check = |name: &str, value: &str, expected: &str| {
        let environment = snapshot(&[(name, value)]);
        environment.client().expect("it is no business of the client");
        environment.service("other").expect("nor of another service");
        let error = environment.service("order-service").expect_err(name);
        let start = format!("`{name}` is `{value}`; expected {expected}");
        assert!(error.message().starts_with(&start), "{error}");
    };
    check("ORDER_SERVICE_URL", "a:80", "`http://` or `https://`");
    check(
        "ORDER_SERVICE_URL",
        "http://a,",
        "addresses with a comma between two of them, and no empty entry",
    );
    check("ORDER_SERVICE_URL", "http://a http://b", "no spaces");
    check("ORDER_SERVICE_TIMEOUT", "2m", "seconds as a decimal number");
    check("ORDER_SERVICE_RETRY", "-1", "a whole number");
    check("ORDER_SERVICE_RETRY_TIMES", "true", "a whole number");
    check("ORDER_SERVICE_CIRCUIT_BREAKER", "5", "`true` or `false`");
}

#[test]
fn no_error_shows_a_secret() {
    for (name, value) in [
        ("A_API_KEY", "hunter2\n"),
        ("A_API_KEY", " hunter2"),
        ("A_URL", "http://user:hunter2@a"),
        ("A_URL", "http://a,http://user:hunter2@b/"),
        ("GATEWAY_URL", "http://user:hunter2@gateway"),
        ("MESSAGING_URL", "ampq://user:hunter2@localhost"),
        ("RPC_CLIENT__SERVICES", r#"{"a": "http://user:hunter2@a"}"#),
        ("RPC_CLIENT__SERVICES", r#"{"a": "http://user:hunter2@a"#),
        ("RPC_CLIENT__SERVICES", r#""http://user:hunter2@a""#),
    ] {
        let environment = snapshot(&[(name, value)]);
        let error = environment
            .client()
            .err()
            .or_else(|| environment.service("a").err());
        let shown = format!("{error:?} {environment:?}");
        assert!(
            error.is_some_and(|error| error.message().contains(name)),
            "{shown}"
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let legal = client(&[("MESSAGING_URL", "amqp://user:hunter2@localhost")]);
    assert!(!format!("{legal:?}").contains("hunter2"));
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf8_is_an_error_only_where_it_is_read() {
    use std::os::unix::ffi::OsStringExt;

    let bad = || OsString::from_vec(vec![0xff, 0xfe]);
    let pairs = [("FOREIGN", bad()), ("A_API_KEY", bad())];
    let environment = EnvSnapshot::of(
        None,
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)),
    );
    environment.client().expect("no name of the client is bad");
    environment.service("b").expect("no name of this service is bad");
    let error = environment.service("a").expect_err("its key is no text");
    assert_eq!(error.message(), "`A_API_KEY` is not legal; expected UTF-8 text");
}

#[test]
fn foreign_names_are_not_kept() {
    let environment = snapshot(&[
        ("PATH", "/bin"),
        ("HOME_PASSWORD", "hunter2"),
        ("A_URL", "http://a"),
    ]);
    assert_eq!(
        format!("{environment:?}"),
        r#"EnvSnapshot { file: None, names: ["A_URL"] }"#
    );
}

#[test]
fn the_process_environment_can_be_taken() {
    let environment = EnvSnapshot::from_process();
    assert!(environment.values.iter().all(|(name, _)| name != "PATH"));
}

#[test]
fn a_file_gives_names_like_the_environment_and_is_named_in_errors() {
    let text = "export DEFAULT_TIMEOUT=5 # seconds\nA_URL='http://a'\nFOREIGN=x\nA_RETRY=many\n";
    let file = EnvSnapshot::from_text(".env", text).expect("legal lines");
    let timeout = file.client().expect("legal values").defaults.timeout;
    assert_eq!(timeout, Some(Duration::from_secs(5)));
    let error = file.service("a").expect_err("a bad number");
    assert!(
        error.message().starts_with(".env: `A_RETRY` is `many`; expected"),
        "{error}"
    );
    let error = EnvSnapshot::from_file(Path::new("there-is-no-such.env")).expect_err("absent");
    assert_eq!(error.message(), "there-is-no-such.env: there is no such file");
}

#[test]
fn one_environment_goes_over_another_field_by_field() {
    let strong = client(&[
        ("METRICS_ENABLED", "false"),
        ("DEFAULT_TIMEOUT", "1"),
        ("RPC_CLIENT__SERVICES", r#"{"a": "http://strong"}"#),
    ]);
    let weak = client(&[
        ("METRICS_ENABLED", "true"),
        ("SERVICE__NAME", "me"),
        ("DEFAULT_RETRY_TIMES", "9"),
        ("RPC_CLIENT__SERVICES", r#"{"a": "http://weak", "b": "http://b"}"#),
    ]);
    let both = strong.or(&weak);
    assert_eq!(both.metrics_enabled, Some(false));
    assert_eq!(both.caller.as_deref(), Some("me"));
    assert_eq!(both.defaults.timeout, Some(Duration::from_secs(1)));
    assert_eq!(both.defaults.retry.times, Some(9));
    assert_eq!(both.services["a"][0].as_str(), "http://strong/");
    assert_eq!(both.services["b"][0].as_str(), "http://b/");
}

#[test]
fn the_executable_has_a_name_that_a_header_can_carry() {
    let name = executable_name();
    assert!(!name.is_empty());
    assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
}
