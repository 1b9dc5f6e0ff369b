//! What the names of one service do.

use tokio::time::Instant;
use trunkline::testing::{Script, Step};
use trunkline::{ErrorKind, ServiceConfig};
use trunkline_tests::scripted::{self, A, ms, script};

use super::{client, failed};

const URL: (&str, &str) = ("ORDER_SERVICE_URL", A);
const SERVICE: &str = "order-service";

#[tokio::test(start_paused = true)]
async fn a_url_works_for_any_name() {
    for (service, name) in [
        ("order-service", "ORDER_SERVICE_URL"),
        ("model2", "MODEL2_URL"),
        ("Mixed-Case", "MIXED_CASE_URL"),
        ("under_score", "UNDER_SCORE_URL"),
        ("default-service", "DEFAULT_SERVICE_URL"),
        ("a-b-c", "A_B_C_URL"),
    ] {
        let script = script(Step::reply(200));
        let client = client(&script, &[(name, A)]);
        client.service(service).get("/x").send().await.expect(service);
        assert_eq!(script.hits(A), 1, "{service}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_urls_take_turns() {
    let script = Script::new()
        .instance(A, Step::reply(200))
        .instance("http://b:1", Step::reply(200))
        .instance("http://c:1", Step::reply(200));
    let client = client(
        &script,
        &[("ORDER_SERVICE_URL", "http://a:1, http://b:1/v2 ,http://c:1/")],
    );
    for _ in 0..6 {
        client.service(SERVICE).get("/x").send().await.expect("200");
    }
    let hits = [A, "http://b:1", "http://c:1"].map(|url| script.hits(url));
    assert_eq!(hits, [2, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_of_its_service_alone() {
    let script = script(Step::hang());
    let pairs = [
        URL,
        ("OTHER_URL", A),
        ("ORDER_SERVICE_TIMEOUT", "0.5"),
        ("DEFAULT_TIMEOUT", "2"),
    ];
    let client = client(&script, &pairs);
    for (service, expected) in [(SERVICE, ms(500)), ("other", ms(2_000))] {
        let started = Instant::now();
        assert_eq!(failed(&client, service).await.kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(started.elapsed(), expected, "{service}");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_have_two_names_and_the_shorter_is_stronger() {
    for (pairs, hits) in [
        (vec![("ORDER_SERVICE_RETRY", "0")], 1),
        (vec![("ORDER_SERVICE_RETRY_TIMES", "1")], 2),
        (
            vec![("ORDER_SERVICE_RETRY_TIMES", "1"), ("ORDER_SERVICE_RETRY", "2")],
            3,
        ),
        (
            vec![("ORDER_SERVICE_RETRY", "1"), ("DEFAULT_RETRY_TIMES", "0")],
            2,
        ),
    ] {
        let script = script(Step::reply(500));
        let pairs = [&[URL], pairs.as_slice()].concat();
        failed(&client(&script, &pairs), SERVICE).await;
        assert_eq!(script.hits(A), hits, "{pairs:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_can_be_turned_off() {
    for (value, hits) in [("false", 5), ("true", 1)] {
        let script = script(Step::reply(500));
        let pairs = [
            URL,
            ("ORDER_SERVICE_CIRCUIT_BREAKER", value),
            ("CB_FAILURE_THRESHOLD", "1"),
            ("ORDER_SERVICE_RETRY", "0"),
        ];
        let client = client(&script, &pairs);
        for _ in 0..5 {
            failed(&client, SERVICE).await;
        }
        assert_eq!(script.hits(A), hits, "{value}");
    }
}

async fn sent_with_key(config: ServiceConfig) -> Vec<(String, String)> {
    let script = script(Step::reply(200));
    let client = scripted::builder(&script)
        .service(SERVICE, config)
        .env_from([URL, ("ORDER_SERVICE_API_KEY", "from-env")])
        .and_then(trunkline::ClientBuilder::build)
        .expect("the settings are legal");
    client.service(SERVICE).get("/x").send().await.expect("200");
    let request = script.requests().remove(0);
    let names = ["authorization", "x-api-key", "x-api-secret", "x-internal-token"];
    let value = |name: &str| {
        request
            .header(name)
            .map(|value| (name.to_owned(), value.to_owned()))
    };
    names.into_iter().filter_map(value).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_a_bearers_unless_configured_otherwise() {
    let check = async |config: ServiceConfig, expected: &[(&str, &str)]| {
        let sent = sent_with_key(config).await;
        let sent: Vec<_> = sent
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(sent, expected);
    };
    check(ServiceConfig::new(), &[("authorization", "Bearer from-env")]).await;
    check(
        ServiceConfig::new().api_key("code"),
        &[("authorization", "Bearer from-env")],
    )
    .await;
    check(
        ServiceConfig::new().api_key_header("code"),
        &[("x-api-key", "from-env")],
    )
    .await;
    check(
        ServiceConfig::new().api_key_and_secret("code", "hush"),
        &[("x-api-key", "from-env"), ("x-api-secret", "hush")],
    )
    .await;
    check(
        ServiceConfig::new().internal_token("code"),
        &[("x-internal-token", "from-env")],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_service_named_like_the_client_takes_no_names() {
    for service in ["gateway", "messaging", "default"] {
        let name = format!("{}_URL", service.to_uppercase());
        let client = client(&script(Step::reply(200)), &[(&name, "http://a:1")]);
        let error = failed(&client, service).await;
        assert_eq!(error.kind(), ErrorKind::Discovery, "{service}");
        let text = error.to_string();
        assert!(
            !text.contains(&name),
            "a name that does nothing is no advice: {text}"
        );
        assert!(text.contains(&format!("services.{service}.url")), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_without_a_url_names_the_variable() {
    let script = script(Step::reply(200));
    let client = client(&script, &[("OTHER_URL", A)]);
    let error = failed(&client, SERVICE).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Discovery, 0));
    assert!(error.is_unavailable());
    let text = error.to_string();
    assert!(
        text.contains("ORDER_SERVICE_URL") && text.contains("order-service"),
        "{text}"
    );
    assert_eq!(script.dials(A), 0);
}
