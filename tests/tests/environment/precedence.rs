//! Which name, which source and which level wins.

use std::process::Command;

use tokio::time::Instant;
use trunkline::testing::{Script, Step};
use trunkline::{CallOptions, Client, ClientBuilder, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, ms, script};

use super::client;

/// How long a call of the service `orders` that is never answered takes, in milliseconds.
async fn patience(client: &Client) -> u128 {
    let started = Instant::now();
    super::failed(client, "orders").await;
    started.elapsed().as_millis()
}

#[tokio::test(start_paused = true)]
async fn the_stronger_alias_wins() {
    let script = script(Step::hang());
    let [strong, middle, weak] = [
        ("DEFAULT_TIMEOUT", "1"),
        ("RPC_CLIENT__DEFAULT_TIMEOUT", "2"),
        ("RPC_CLIENT_TIMEOUT", "3"),
    ];
    for (pairs, expected) in [
        (vec![weak, middle, strong], 1_000),
        (vec![strong, weak], 1_000),
        (vec![middle, weak], 2_000),
        (vec![weak], 3_000),
        (vec![weak, ("DEFAULT_TIMEOUT", "")], 3_000),
        (vec![], 30_000),
    ] {
        let pairs = [&[("ORDERS_URL", A)], pairs.as_slice()].concat();
        assert_eq!(patience(&client(&script, &pairs)).await, expected, "{pairs:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_services_own_url_beats_the_map_and_one_map_the_other() {
    let all = || {
        Script::new()
            .instance(A, Step::reply(200))
            .instance("http://b:1", Step::reply(200))
            .instance("http://c:1", Step::reply(200))
    };
    let own = ("ORDERS_URL", "http://a:1");
    let map = ("RPC_CLIENT__SERVICES", r#"{"orders": "http://b:1"}"#);
    let weak = (
        "RPC_CLIENT_SERVICES",
        r#"{"orders": "http://c:1", "other": "http://c:1"}"#,
    );
    for (pairs, expected) in [
        (vec![weak, map, own], "http://a:1"),
        (vec![weak, map], "http://b:1"),
        (vec![weak], "http://c:1"),
    ] {
        let script = all();
        let client = client(&script, &pairs);
        client.service("orders").get("/x").send().await.expect("200");
        assert_eq!(script.hits(expected), 1, "{pairs:?}");
    }
    let script = all();
    let client = client(&script, &[weak, map]);
    client.service("other").get("/x").send().await.expect("200");
    assert_eq!(script.hits("http://c:1"), 1, "service by service, not map by map");
}

fn built(builder: Result<ClientBuilder>) -> Client {
    let client = builder.and_then(ClientBuilder::build);
    client.expect("the settings are legal")
}

#[tokio::test(start_paused = true)]
async fn of_the_builder_and_the_environment_the_one_applied_last_wins() {
    let script = script(Step::hang());
    let in_code = || ServiceConfig::new().timeout(ms(400));
    let pairs = [("ORDERS_URL", A), ("ORDERS_TIMEOUT", "0.2")];
    let builder = || scripted::builder(&script);
    let env_last = built(builder().service("orders", in_code()).env_from(pairs));
    assert_eq!(patience(&env_last).await, 200);
    let code_last = built(
        builder()
            .env_from(pairs)
            .map(|builder| builder.service("orders", in_code())),
    );
    assert_eq!(patience(&code_last).await, 400);
    let no_timeout = [("ORDERS_URL", A)];
    let field_by_field = built(builder().service("orders", in_code()).env_from(no_timeout));
    assert_eq!(patience(&field_by_field).await, 400);
}

#[service("orders", timeout = "600ms")]
trait Orders {
    #[get("/plain")]
    async fn plain(&self) -> Result<()>;
    #[get("/quick")]
    #[timeout("50ms")]
    async fn quick(&self) -> Result<()>;
}

async fn elapsed(outcome: impl Future<Output = Result<()>>) -> u128 {
    let started = Instant::now();
    outcome.await.expect_err("it is never answered");
    started.elapsed().as_millis()
}

#[tokio::test(start_paused = true)]
async fn a_more_specific_level_wins_whatever_its_source() {
    let script = script(Step::hang());
    let url = ("ORDERS_URL", A);
    let orders = |pairs: &[(&str, &str)]| OrdersClient::new(&client(&script, pairs));
    let client_wide = orders(&[url, ("DEFAULT_TIMEOUT", "5")]);
    assert_eq!(
        elapsed(client_wide.plain()).await,
        600,
        "the service's attribute is more specific"
    );
    let of_the_service = orders(&[url, ("ORDERS_TIMEOUT", "0.3")]);
    assert_eq!(
        elapsed(of_the_service.plain()).await,
        300,
        "configuration beats the attribute"
    );
    assert_eq!(
        elapsed(of_the_service.quick()).await,
        50,
        "the endpoint's attribute is more specific"
    );
    let of_the_call = of_the_service.with(CallOptions::new().timeout(ms(20)));
    assert_eq!(elapsed(of_the_call.quick()).await, 20);
}

/// Run again by the test below, in a process whose environment is set.
const CHILD: &str = "TRUNKLINE_TESTS_CHILD";

#[tokio::test(start_paused = true)]
async fn in_a_process_whose_environment_is_set() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let script = script(Step::hang());
    let read = built(scripted::builder(&script).env());
    assert_eq!(patience(&read).await, 700);
    let own = [("ORDERS_URL", A)];
    assert_eq!(
        patience(&client(&script, &own)).await,
        30_000,
        "`env_from` reads nothing of the process"
    );
    let unread = built(Ok(
        scripted::builder(&script).service("orders", ServiceConfig::new().url(A))
    ));
    assert_eq!(
        patience(&unread).await,
        30_000,
        "nor does a builder that is not told to"
    );
    let pairs = [("DEFAULT_TIMEOUT", "9"), ("OTHER_URL", A)];
    client(&script, &pairs);
    assert_eq!(
        std::env::var("DEFAULT_TIMEOUT").as_deref(),
        Ok("0.7"),
        "and it sets nothing"
    );
    assert!(std::env::var_os("OTHER_URL").is_none());
    // The environment is a snapshot: a process may bring a bad value that only `env` sees.
    assert!(Client::builder().env_from([("METRICS_ENABLED", "x")]).is_err());
}

#[test]
fn the_processs_environment_is_read_by_env_alone() {
    let output = Command::new(std::env::current_exe().expect("a test has a file"))
        .args(["--exact", "precedence::in_a_process_whose_environment_is_set"])
        .env(CHILD, "1")
        .env("ORDERS_URL", A)
        .env("DEFAULT_TIMEOUT", "0.7")
        .output()
        .expect("the test runs again");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
