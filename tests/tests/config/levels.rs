//! The more specific wins; on one level configuration beats the attribute, and of sources the one applied last.

use trunkline::testing::{Script, Step};
use trunkline::{CallOptions, Client, ClientBuilder, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, ms, script};

use super::{failed, file};

#[service("levels", timeout = "4s", header("X-Level" = "service"))]
trait Levels {
    #[get("/plain")]
    async fn plain(&self) -> Result<()>;
    #[get("/own")]
    #[timeout("2s")]
    #[header("X-Level" = "endpoint")]
    async fn own(&self) -> Result<()>;
}

fn build(script: &Script, add: impl FnOnce(ClientBuilder) -> Result<ClientBuilder>) -> Client {
    let builder = add(scripted::builder(script));
    builder
        .and_then(ClientBuilder::build)
        .expect("the settings are legal")
}

/// A service at its address with this timeout, in milliseconds.
fn timeout(count: u64) -> ServiceConfig {
    ServiceConfig::new().url(A).timeout(ms(count))
}

#[tokio::test(start_paused = true)]
async fn call_endpoint_service_and_defaults_win_in_this_order() {
    let script = script(Step::hang());
    let build = |add: &dyn Fn(ClientBuilder) -> ClientBuilder| {
        LevelsClient::new(&build(&script, |builder| Ok(add(builder))))
    };
    let at = |builder: ClientBuilder| builder.service("levels", ServiceConfig::new().url(A));
    let defaults = build(&|builder| at(builder).timeout(ms(9_000)));
    assert_eq!(failed(defaults.plain()).await.1, 4_000, "the service's attribute");
    assert_eq!(failed(defaults.own()).await.1, 2_000, "the endpoint's attribute");
    let service = build(&|builder| builder.service("levels", timeout(3_000)));
    assert_eq!(
        failed(service.plain()).await.1,
        3_000,
        "the service's configuration"
    );
    assert_eq!(
        failed(service.own()).await.1,
        2_000,
        "the endpoint's attribute is more specific"
    );
    let of_endpoint = ServiceConfig::new().timeout(ms(1_000));
    let endpoint =
        build(&|builder| builder.service("levels", timeout(3_000).endpoint("own", of_endpoint.clone())));
    assert_eq!(
        failed(endpoint.own()).await.1,
        1_000,
        "the endpoint's configuration"
    );
    assert_eq!(
        failed(endpoint.plain()).await.1,
        3_000,
        "and of no other endpoint"
    );
    let call = endpoint.with(CallOptions::new().timeout(ms(500)));
    assert_eq!(failed(call.own()).await.1, 500, "the call's own");
    let twice = call.with(CallOptions::new().timeout(ms(250)));
    assert_eq!(failed(twice.own()).await.1, 250, "the later of two handles");
}

#[tokio::test(start_paused = true)]
async fn among_sources_the_one_applied_last_wins_field_by_field() {
    let script = script(Step::hang());
    let path = file(
        "sources",
        &format!("[services.levels]\nurl = \"{A}\"\ntimeout = \"300ms\"\nretry = false\n"),
    );
    let in_code = || ServiceConfig::new().url("http://nowhere:1").timeout(ms(600));
    let file_last = build(&script, |builder| {
        builder.service("levels", in_code()).file(&path)
    });
    assert_eq!(failed(LevelsClient::new(&file_last).plain()).await.1, 300);
    let weaker = || ServiceConfig::new().timeout(ms(600));
    let code_last = build(&script, |builder| {
        Ok(builder.file(&path)?.service("levels", weaker()))
    });
    let (error, took) = failed(LevelsClient::new(&code_last).plain()).await;
    assert_eq!((took, error.instance()), (600, Some(A)), "the URL is the file's");
    let env = [("LEVELS_TIMEOUT", "0.05")];
    let env_last = build(&script, |builder| builder.file(&path)?.env_from(env));
    assert_eq!(failed(LevelsClient::new(&env_last).plain()).await.1, 50);
    let file_after_env = build(&script, |builder| builder.env_from(env)?.file(&path));
    assert_eq!(failed(LevelsClient::new(&file_after_env).plain()).await.1, 300);
}

#[tokio::test(start_paused = true)]
async fn headers_follow_the_levels_name_by_name() -> Result<()> {
    let check = async |config: ServiceConfig, expected: [&str; 2]| {
        let script = script(Step::reply(204));
        let client = build(&script, |builder| Ok(builder.service("levels", config.url(A))));
        let levels = LevelsClient::new(&client);
        levels.plain().await.expect("204");
        levels.own().await.expect("204");
        let requests = script.requests();
        let sent = [0, 1].map(|index| requests[index].header("x-level").unwrap_or("none").to_owned());
        assert_eq!(sent, expected);
    };
    check(ServiceConfig::new(), ["service", "endpoint"]).await;
    check(
        ServiceConfig::new().header("x-level", "configured"),
        ["configured", "endpoint"],
    )
    .await;
    let endpoint = ServiceConfig::new().header("x-level", "own");
    check(ServiceConfig::new().endpoint("own", endpoint), ["service", "own"]).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn retries_that_a_level_turns_off_stay_off_until_a_stronger_one_wants_them() {
    let check = async |config: ServiceConfig, options: CallOptions, hits: usize| {
        let script = script(Step::reply(500));
        let client = build(&script, |builder| {
            Ok(builder.retries(5).service("levels", config.url(A)))
        });
        failed(LevelsClient::new(&client).with(options).plain()).await;
        assert_eq!(script.hits(A), hits);
    };
    let none = CallOptions::new;
    check(ServiceConfig::new(), none(), 5).await;
    check(ServiceConfig::new().no_retry(), none(), 1).await;
    check(ServiceConfig::new().no_retry(), none().retries(2), 3).await;
    check(ServiceConfig::new().retries(1), none(), 2).await;
    check(ServiceConfig::new().retries(1), none().retries(0), 1).await;
    let endpoint = ServiceConfig::new().retries(1);
    check(
        ServiceConfig::new().no_retry().endpoint("plain", endpoint),
        none(),
        2,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_may_turn_the_breaker_off_for_itself() {
    let script = script(Step::reply(500));
    let client = build(&script, |builder| {
        Ok(builder.retries(0).service("levels", ServiceConfig::new().url(A)))
    });
    let levels = LevelsClient::new(&client);
    let without = levels.with(CallOptions::new().breaker(false));
    for _ in 0..10 {
        failed(without.plain()).await;
    }
    assert_eq!(script.hits(A), 10, "it neither asks nor feeds");
    for _ in 0..10 {
        failed(levels.plain()).await;
    }
    assert_eq!(script.hits(A), 15, "five failures of those that do");
    failed(without.plain()).await;
    assert_eq!(script.hits(A), 16, "and an open one is not asked");
}
