//! Bad values: the variable, the value and what is allowed.

use trunkline::testing::{Script, Step};
use trunkline::{Client, Error};
use trunkline_tests::scripted::{A, script};

use super::{check_config, client, failed};

fn refused(name: &str, value: &str) -> Error {
    let outcome = Client::builder().env_from([(name, value)]);
    outcome.map(|_| ()).expect_err("the value is bad")
}

#[test]
fn a_bad_client_wide_value_is_refused_at_once() {
    let seconds = "seconds as a decimal number";
    let count = "a whole number";
    let boolean = "`true` or `false`";
    let url = "`http://` or `https://`";
    let map = "a JSON object from a service's name to its URL or an array of URLs";
    for (name, values, choices) in [
        (
            "MICROSERVICE_ENV",
            &["prod", "Production"][..],
            "`development`, `testing`, `staging`, `production`",
        ),
        ("GATEWAY_URL", &["gateway:8080", "ftp://a"], url),
        (
            "MESSAGING_URL",
            &["kafka://a", "amqp:", "localhost"],
            "`amqp://`, `amqps://`, `http://`, `https://`",
        ),
        (
            "DEFAULT_TIMEOUT",
            &["0", "-1", "5s", "nan", "inf", "1e3", "86401"],
            seconds,
        ),
        (
            "DEFAULT_RETRY_TIMES",
            &["-1", "three", "1.5", "4294967296"],
            count,
        ),
        ("DEFAULT_RETRY_DELAY", &["-1", "100ms"], seconds),
        ("CB_FAILURE_THRESHOLD", &["0", "many"], count),
        ("CB_RECOVERY_TIMEOUT", &["0", "1m"], seconds),
        ("SERVICE_CACHE_TTL", &["0", "forever"], seconds),
        ("METRICS_ENABLED", &["1", "yes", "on"], boolean),
        ("LOGGING_ENABLED", &["0", "no", "off"], boolean),
        ("RPC_CLIENT__SERVICES", &["orders=http://a", "[]"], map),
        ("RPC_CLIENT_SERVICES", &["{", "7"], map),
        ("RPC_CLIENT__DEFAULT_TIMEOUT", &["soon"], seconds),
        ("RPC_CLIENT_TIMEOUT", &["soon"], seconds),
        ("RPC_CLIENT__DEFAULT_RETRY_TIMES", &["x"], count),
        ("RPC_CLIENT_RETRIES", &["x"], count),
        ("RPC_CLIENT__RETRY_DELAY", &["x"], seconds),
        ("RPC_CLIENT_RETRY_DELAY", &["x"], seconds),
        ("RPC_CLIENT__DNS_SCHEME", &["dns", "HTTP"], "`http` or `https`"),
        (
            "RPC_CLIENT__DNS_PORT",
            &["0", "65536", "http"],
            "a port from 1 to 65535",
        ),
        ("RPC_CLIENT__USE_DNS_FALLBACK", &["maybe"], boolean),
        (
            "SERVICE__NAME",
            &["two words", "naïve"],
            "a name of visible ASCII without spaces",
        ),
    ] {
        for value in values {
            let error = refused(name, value);
            check_config(&error, &[&format!("`{name}`"), choices]);
            // The map may hold credentials anywhere, so a text that is none is not shown.
            let is_map = name.ends_with("SERVICES");
            assert!(
                is_map || error.to_string().contains(&format!("`{value}`")),
                "{error}"
            );
        }
    }
}

#[test]
fn a_bad_entry_of_the_map_is_named_with_its_service() {
    for (value, parts) in [
        (
            r#"{"orders": 5}"#,
            ["service `orders`", "`5`", "a URL or an array"],
        ),
        (
            r#"{"orders": []}"#,
            ["service `orders`", "`[]`", "a URL or an array"],
        ),
        (
            r#"{"orders": "a:80"}"#,
            ["service `orders`", "`a:80`", "`http://` or `https://`"],
        ),
        (
            r#"{"orders": ["http://a", null]}"#,
            ["service `orders`", "`null`", "a URL"],
        ),
    ] {
        check_config(&refused("RPC_CLIENT__SERVICES", value), &parts);
    }
}

#[test]
fn a_bad_alias_is_refused_even_where_a_stronger_name_is_set() {
    let pairs = [("DEFAULT_TIMEOUT", "5"), ("RPC_CLIENT_TIMEOUT", "soon")];
    let error = Client::builder()
        .env_from(pairs)
        .map(|_| ())
        .expect_err("a bad alias");
    check_config(&error, &["`RPC_CLIENT_TIMEOUT` is `soon`"]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_value_of_a_service_is_an_error_of_its_calls_alone() {
    for (name, value, choices) in [
        ("ORDERS_URL", "a:80", "`http://` or `https://`"),
        ("ORDERS_URL", "http://a:1,", "no empty entry"),
        ("ORDERS_URL", "http://a:1,,http://b:1", "no empty entry"),
        ("ORDERS_TIMEOUT", "2m", "seconds as a decimal number"),
        ("ORDERS_RETRY", "-1", "a whole number"),
        ("ORDERS_RETRY_TIMES", "true", "a whole number"),
        ("ORDERS_CIRCUIT_BREAKER", "5", "`true` or `false`"),
    ] {
        let script = script(Step::reply(200));
        let mut pairs = vec![("FINE_URL", A), (name, value)];
        if name != "ORDERS_URL" {
            pairs.push(("ORDERS_URL", A));
        }
        let client = client(&script, &pairs);
        check_config(
            &failed(&client, "orders").await,
            &[&format!("`{name}`"), value, choices],
        );
        client
            .service("fine")
            .get("/x")
            .send()
            .await
            .expect("another service");
        assert_eq!(script.hits(A), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn no_error_shows_a_secret() {
    let errors = [
        refused("GATEWAY_URL", "http://user:hunter2@gateway"),
        refused("MESSAGING_URL", "ampq://user:hunter2@localhost"),
        refused("RPC_CLIENT__SERVICES", r#"{"a": "http://user:hunter2@a"}"#),
        refused("RPC_CLIENT__SERVICES", r#"{"a": "http://user:hunter2@a"#),
        failed(
            &client(&Script::new(), &[("A_URL", "http://user:hunter2@a")]),
            "a",
        )
        .await,
        failed(&client(&Script::new(), &[("A_API_KEY", "hunter2\n")]), "a").await,
    ];
    for error in errors {
        check_config(&error, &[]);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn an_empty_value_counts_as_not_set() {
    let names = [
        "DEFAULT_TIMEOUT",
        "METRICS_ENABLED",
        "GATEWAY_URL",
        "RPC_CLIENT__SERVICES",
        "SERVICE__NAME",
    ];
    let pairs = names.iter().flat_map(|name| [(*name, ""), (*name, "  ")]);
    for pair in pairs {
        Client::builder()
            .env_from([pair])
            .expect("nothing is set")
            .build()
            .expect("nothing is wrong");
    }
}

#[test]
fn foreign_names_are_no_business_of_ours() {
    let pairs = [
        ("PATH", "x"),
        ("TIMEOUT", "x"),
        ("default_timeout", "x"),
        ("OTHER_RETRY", "x"),
    ];
    Client::builder()
        .env_from(pairs)
        .expect("none is client-wide")
        .build()
        .expect("nothing is wrong");
}
