//! Mistakes in files and in code: the place, the value and what is allowed.

use std::time::Duration;

use trunkline::testing::{Script, Step};
use trunkline::{BreakerPolicy, Client, EnvelopePolicy, Error, ErrorKind, RetryPolicy, ServiceConfig};
use trunkline_tests::scripted::{self, A, script};

use super::{Orders, OrdersClient, client, failed, file};

fn refused(text: &str) -> Error {
    let name = text
        .bytes()
        .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let outcome = Client::builder().file(file(&format!("bad-{name:x}"), text));
    outcome.map(|_| ()).expect_err(text)
}

fn check(error: &Error, parts: &[&str]) {
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "`{part}` is not in: {error}");
    }
}

#[test]
fn a_bad_value_is_named_with_file_key_value_and_choices() {
    let duration = "a whole number with a unit of `ms`, `s`, `m` or `h`, from `1ms` to `24h`";
    for (line, parts) in [
        ("timeout = \"5\"", ["services.orders.timeout", "`5`", duration]),
        ("timeout = 5", ["services.orders.timeout", "`5`", duration]),
        ("timeout = \"0s\"", ["services.orders.timeout", "`0s`", duration]),
        (
            "attempt_timeout = \"25h\"",
            ["services.orders.attempt_timeout", "`25h`", duration],
        ),
        (
            "connect_timeout = \"1.5s\"",
            ["services.orders.connect_timeout", "`1.5s`", duration],
        ),
        (
            "idle_timeout = true",
            ["services.orders.idle_timeout", "`true`", duration],
        ),
        (
            "url = \"a:80\"",
            ["services.orders.url", "`a:80`", "`http://` or `https://`"],
        ),
        (
            "url = []",
            [
                "services.orders.url",
                "`[]`",
                "a URL or an array of one or more URLs",
            ],
        ),
        (
            "retry = 3",
            [
                "services.orders.retry",
                "`3`",
                "`true`, `false` or a table of `times`",
            ],
        ),
        (
            "retry = { times = -1 }",
            ["services.orders.retry.times", "`-1`", "a whole number from 0"],
        ),
        (
            "retry = { times = 1.5 }",
            ["services.orders.retry.times", "`1.5`", "a whole number from 0"],
        ),
        (
            "retry = { backoff = \"random\" }",
            ["retry.backoff", "`random`", "`exponential`, `linear`, `fixed`"],
        ),
        (
            "retry = { on = [200] }",
            ["services.orders.retry.on", "`200`", "a status from 400 to 599"],
        ),
        (
            "retry = { on = 409 }",
            ["services.orders.retry.on", "`409`", "an array of statuses"],
        ),
        (
            "retry = { delay = \"6s\", max_delay = \"5s\" }",
            ["retry.delay", "`6s`", "at most `retry.max_delay`"],
        ),
        (
            "timeout = \"1s\"\nattempt_timeout = \"2s\"",
            ["attempt_timeout", "`2s`", "at most `timeout`"],
        ),
        (
            "breaker = { failures = 0 }",
            ["services.orders.breaker.failures", "`0`", "1 or more"],
        ),
        (
            "breaker = \"off\"",
            [
                "services.orders.breaker",
                "`off`",
                "`true`, `false` or a table of `failures`",
            ],
        ),
        (
            "envelope = { ok = [] }",
            ["services.orders.envelope.ok", "`[]`", "one or more codes"],
        ),
        (
            "envelope = { data = \"\" }",
            ["services.orders.envelope.data", "", "the name of a key"],
        ),
        (
            "health_path = \"health\"",
            ["services.orders.health_path", "`health`", "a path such as"],
        ),
        ("endpoints = 7", ["services.orders.endpoints", "`7`", "a table"]),
    ] {
        let error = refused(&format!("[services.orders]\n{line}\n"));
        check(&error, &[".toml", parts[0], parts[1], parts[2]]);
    }
}

#[test]
fn a_value_beyond_what_a_call_can_do_is_named_too() {
    for (line, parts) in [
        (
            "retry = { times = 101 }",
            [
                "services.orders.retry.times",
                "`101`",
                "a whole number from 0 to 100",
            ],
        ),
        (
            "headers = { X-Trace-Id = \"a\" }",
            [
                "services.orders.headers.X-Trace-Id",
                "a call's own header",
                "its context",
            ],
        ),
        (
            "redirects = -1",
            ["services.orders.redirects", "`-1`", "a whole number from 0"],
        ),
    ] {
        let error = refused(&format!("[services.orders]\n{line}\n"));
        check(&error, &[".toml", parts[0], parts[1], parts[2]]);
    }
}

#[test]
fn an_unknown_key_is_named_with_the_choices_and_the_near_one() {
    for (text, parts) in [
        (
            "[service.orders]\n",
            ["`service`", "`defaults`, `services`", "`services`"],
        ),
        (
            "[services.orders]\ntimout = \"5s\"\n",
            ["`services.orders.timout`", "`attempt_timeout`", "`timeout`"],
        ),
        (
            "[services.orders]\nretry = { count = 3 }\n",
            ["`services.orders.retry.count`", "`times`", "`backoff`"],
        ),
        (
            "[services.orders]\nbreaker = { failure = 3 }\n",
            ["breaker.failure`", "`failures`", "`max_open`"],
        ),
        (
            "[services.orders]\nenvelope = { msg = \"m\" }\n",
            ["envelope.msg`", "`message`", "`ok`"],
        ),
        (
            "[defaults]\nurl = \"http://a\"\n",
            ["`defaults.url`", "belongs", "`timeout`"],
        ),
        (
            "[services.o.endpoints.e]\nurl = \"http://a\"\n",
            ["`services.o.endpoints.e.url`", "belongs", "`headers`"],
        ),
        (
            "[services.o.endpoints.e]\nconnect_timeout = \"1s\"\n",
            ["e.connect_timeout`", "belongs", "`timeout`"],
        ),
    ] {
        check(&refused(text), &parts);
    }
}

#[test]
fn a_file_that_is_no_toml_is_named_with_its_line_and_shows_nothing_of_it() {
    let error = refused("[services.orders]\nurl = \"http://a\"\napi_key = \"hunter2\n");
    check(&error, &[".toml, line 3"]);
    for text in [
        "[services.orders]\napi_key = \"hunter2\n",
        "[services.orders]\napi_key = [\"hunter2\"]\n",
        "[services.orders]\napi_key = \"hunter2\\n\"\n",
        "[services.orders]\napikey = \"hunter2\"\n",
        "[services.orders]\nheaders = { X-A = \"hunter2\\n\" }\n",
        "[services.orders]\nheaders = { X-A = [\"hunter2\"] }\n",
        "[services.orders]\nurl = \"http://user:hunter2@a\"\n",
        "[services.orders]\nurl = \"http://a?key=hunter2\"\n",
    ] {
        let error = refused(text);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error_unless_it_may_be() {
    let error = Client::builder()
        .file("no-such.toml")
        .map(|_| ())
        .expect_err("it is not there");
    check(&error, &["no-such.toml"]);
    Client::builder()
        .file_if_present("no-such.toml")
        .expect("it may be")
        .build()
        .expect("nothing is wrong");
    let directory = env!("CARGO_TARGET_TMPDIR");
    let error = Client::builder()
        .file_if_present(directory)
        .map(|_| ())
        .expect_err("it is no file");
    check(&error, &[directory]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_endpoint_is_named_with_those_that_there_are() {
    let script = script(Step::reply(204));
    let text =
        format!("[services.orders]\nurl = \"{A}\"\n[services.orders.endpoints.chatt]\ntimeout = \"1s\"\n");
    let client = client(&script, "unknown-endpoint", &text);
    let (error, _) = failed(OrdersClient::new(&client).list()).await;
    check(
        &error,
        &["service `orders`", "`chatt`", "`list`, `chat`", "`chat`"],
    );
    assert_eq!(script.dials(A), 0);
}

#[tokio::test(start_paused = true)]
async fn settings_for_two_traits_of_one_service_are_known_once_both_are() -> trunkline::Result<()> {
    #[trunkline::service("orders")]
    trait More {
        #[get("/more")]
        async fn more(&self) -> trunkline::Result<()>;
    }
    let script = script(Step::reply(204));
    let text = format!(
        "[services.orders]\nurl = \"{A}\"\n[services.orders.endpoints]\nmore = {{ retry = false }}\nchat = {{ retry = true }}\n"
    );
    let client = client(&script, "two-traits", &text);
    let (orders, more) = (OrdersClient::new(&client), MoreClient::new(&client));
    orders.list().await?;
    more.more().await
}

#[tokio::test(start_paused = true)]
async fn the_endpoints_that_a_builder_names_are_known_before_their_trait_is_bound() -> trunkline::Result<()> {
    #[trunkline::service("orders")]
    trait Refunds {
        #[get("/refunds")]
        async fn refunds(&self) -> trunkline::Result<()>;
    }
    let text = format!(
        "[services.orders]\nurl = \"{A}\"\n[services.orders.endpoints]\nrefunds = {{ retry = false }}\nchat = {{ retry = true }}\n"
    );
    let script = script(Step::reply(204));
    let untold = client(&script, "refunds-untold", &text);
    let (error, _) = failed(OrdersClient::new(&untold).list()).await;
    check(
        &error,
        &["`refunds`", "`list`, `chat`", "`ClientBuilder::endpoints`"],
    );

    let told = Client::builder()
        .endpoints("orders", RefundsClient::ENDPOINTS)
        .file(file("refunds-told", &text))?
        .scripted(&script)
        .build()?;
    OrdersClient::new(&told).list().await?;
    RefundsClient::new(&told).refunds().await?;
    told.configure("orders", |service| {
        service.endpoint("refunds", ServiceConfig::new().retries(1))
    })?;
    let unknown = told.configure("orders", |service| {
        service.endpoint("refund", ServiceConfig::new().retries(1))
    });
    check(&unknown.unwrap_err(), &["`refund`", "did you mean `refunds`"]);
    Ok(())
}

fn refused_in_code(config: ServiceConfig) -> Error {
    let outcome = Client::builder().service("orders", config).build();
    outcome.expect_err("the value is bad")
}

#[test]
fn a_bad_value_in_code_is_an_error_of_build() {
    let second = Duration::from_secs(1);
    let new = ServiceConfig::new;
    let retry = RetryPolicy {
        delay: 6 * second,
        ..RetryPolicy::default()
    };
    let breaker = BreakerPolicy {
        failures: 0,
        ..BreakerPolicy::default()
    };
    let envelope = EnvelopePolicy {
        code: String::new(),
        ..EnvelopePolicy::default()
    };
    for (config, parts) in [
        (
            new().url("a:80"),
            ["service `orders`: `url`", "`a:80`", "`http://`"],
        ),
        (
            new().timeout(Duration::ZERO),
            ["service `orders`: `timeout`", "`0ns`", "1 ms to 24 h"],
        ),
        (
            new().idle_timeout(90_000 * second),
            ["`idle_timeout`", "`90000s`", "1 ms to 24 h"],
        ),
        (
            new().timeout(second).attempt_timeout(2 * second),
            ["`attempt_timeout`", "`2s`", "at most `timeout`"],
        ),
        (
            new().retry(retry),
            ["`retry.delay`", "`6s`", "at most `retry.max_delay`"],
        ),
        (new().breaker(breaker), ["`breaker.failures`", "`0`", "1 or more"]),
        (
            new().envelope_keys(envelope),
            ["`envelope_keys`", "code", "keys that are not empty"],
        ),
        (
            new().health_path("health"),
            ["`health_path`", "`health`", "a path such as"],
        ),
        (
            new().header("a b", "c"),
            ["the name of a header", "`a b`", "letters, digits"],
        ),
        (
            new().endpoint("list", new().url(A)),
            ["endpoint `list`", "`url`", "on a service"],
        ),
        (
            new().endpoint("list", new().timeout(Duration::ZERO)),
            ["endpoint `list`", "`timeout`", "1 ms to 24 h"],
        ),
    ] {
        check(&refused_in_code(config), &parts);
    }
    for secret in [
        new().api_key("hunter2\n"),
        new().api_key_and_secret("k", "hunter2 "),
        new().internal_token("hünter2"),
        new().header("x-a", "hunter2\r\n"),
    ] {
        let error = refused_in_code(secret);
        check(&error, &["service `orders`"]);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn bad_defaults_are_an_error_of_build() {
    let error = Client::builder()
        .timeout(Duration::ZERO)
        .build()
        .expect_err("no time");
    check(&error, &["the defaults", "`timeout`", "1 ms to 24 h"]);
    let url = ServiceConfig::new().url(A);
    let error = Client::builder().defaults(url).build().expect_err("of whom?");
    check(&error, &["the defaults", "`url`", "on a service"]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_option_of_a_call_is_an_error_of_the_call() {
    let script: Script = script(Step::reply(204));
    let text = format!("[services.orders]\nurl = \"{A}\"\n");
    let orders = OrdersClient::new(&client(&script, "options", &text));
    let options = trunkline::CallOptions::new;
    for (options, parts) in [
        (
            options().timeout(Duration::ZERO),
            ["`timeout`", "0ns", "1 ms to 24 h"],
        ),
        (
            options().attempt_timeout(Duration::MAX),
            ["`attempt_timeout`", "", "1 ms to 24 h"],
        ),
        (
            options().header("a b", "c"),
            ["`a b`", "header name", "letters, digits"],
        ),
        (
            options().header("x-a", "hunter2\n"),
            ["`x-a`", "not legal", "visible ASCII"],
        ),
        (
            options().idempotency_key("ké"),
            ["`idempotency-key`", "not legal", "visible ASCII"],
        ),
        (
            options().base_url("nowhere"),
            ["the address", "`nowhere`", "`http://`"],
        ),
    ] {
        let (error, _) = failed(orders.with(options).list()).await;
        assert_eq!(error.attempts(), 0, "{error}");
        for part in parts {
            assert!(error.to_string().contains(part), "`{part}` is not in: {error}");
        }
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(script.dials(A), 0);
}

#[test]
fn what_calls_write_themselves_is_no_setting() {
    for name in [
        "X-Request-ID",
        "x-trace-id",
        "traceparent",
        "x-request-timeout-ms",
        "x-retry-attempt",
    ] {
        let config = ServiceConfig::new().header(name, "fixed");
        let error = Client::builder()
            .service("orders", config)
            .build()
            .expect_err(name);
        check(&error, &["service `orders`", name, "a call's own header"]);
    }
}

#[test]
fn retries_have_one_bound_everywhere() {
    let most = ServiceConfig::new().retries(100);
    assert!(Client::builder().service("orders", most).build().is_ok());
    let policy = RetryPolicy {
        times: 101,
        ..RetryPolicy::default()
    };
    for config in [
        ServiceConfig::new().retries(101),
        ServiceConfig::new().retry(policy),
    ] {
        let error = Client::builder().defaults(config).build().expect_err("too many");
        check(&error, &["retry.times", "`101`", "from 0 to 100"]);
    }
    let outcome = Client::builder().env_from([("DEFAULT_RETRY_TIMES", "101")]);
    check(
        &outcome.map(|_| ()).expect_err("too many"),
        &["DEFAULT_RETRY_TIMES", "`101`", "from 0 to 100"],
    );
}

#[tokio::test(start_paused = true)]
async fn retries_of_a_call_have_the_same_bound() {
    let script = script(Step::reply(200));
    let client = scripted::client("orders", &script);
    let error = client.service("orders").get("/x").retries(101).send().await;
    check(
        &error.map(|_| ()).expect_err("too many"),
        &["`retries` of the call", "from 0 to 100"],
    );
    assert_eq!(script.hits(A), 0);
}
