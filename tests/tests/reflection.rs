//! What a service says of itself: its endpoints, and the handles of a client.

use trunkline::testing::{Script, Step};
use trunkline::{CallOptions, ErrorKind, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, ms, script};

#[service("orders", prefix = "/api")]
trait Orders {
    #[get("/orders/{id?}")]
    async fn get(&self, id: Option<u64>) -> Result<()>;
    #[post("/orders")]
    async fn create(&self) -> Result<()>;
    #[request("PURGE", "/cache/{rest*}")]
    async fn r#move(&self, rest: &str) -> Result<()>;
    #[cfg(any())]
    #[get("/never")]
    async fn never(&self) -> Result<()>;
    async fn helper(&self) -> Result<()> {
        self.create().await
    }
}

#[test]
fn endpoints_are_listed_in_the_order_of_the_trait() {
    let listed: Vec<_> = OrdersClient::ENDPOINTS
        .iter()
        .map(|endpoint| (endpoint.name(), endpoint.method(), endpoint.path()))
        .collect();
    let expected = [
        ("get", "GET", "/orders/{id?}"),
        ("create", "POST", "/orders"),
        ("move", "PURGE", "/cache/{rest*}"),
    ];
    assert_eq!(listed, expected);
}

#[test]
fn a_handle_names_its_service() {
    let orders = OrdersClient::new(&scripted::client("orders", &Script::new()));
    assert_eq!(orders.service().name(), "orders");
    assert!(format!("{orders:?}").contains("orders"));
}

#[tokio::test(start_paused = true)]
async fn a_method_with_a_raw_name_is_known_by_it_without_the_mark() -> Result<()> {
    let script = script(Step::reply(204));
    let client = scripted::client("orders", &script);
    OrdersClient::new(&client).r#move("a/b").await?;
    assert_eq!(
        client.metrics().services["orders"].endpoints["move"].total_calls,
        1
    );
    assert_eq!(script.requests()[0].path(), "/api/cache/a/b");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handle_with_options_leaves_the_first_as_it_is() -> Result<()> {
    let script = script(Step::reply(204));
    let orders = OrdersClient::new(&scripted::client("orders", &script));
    let options = CallOptions::new().header("x-a", "1");
    orders
        .with(options)
        .with(CallOptions::new().header("x-b", "2"))
        .create()
        .await?;
    orders.create().await?;
    let requests = script.requests();
    let sent = |index: usize| (requests[index].header("x-a"), requests[index].header("x-b"));
    assert_eq!((sent(0), sent(1)), ((Some("1"), Some("2")), (None, None)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_key_in_the_options_makes_a_post_safe_to_repeat() -> Result<()> {
    let script = script([Step::reply(500), Step::reply(204)]);
    let orders = OrdersClient::new(&scripted::client("orders", &script));
    orders
        .with(CallOptions::new().idempotency_key("k-1"))
        .create()
        .await?;
    let requests = script.requests();
    let keys: Vec<_> = requests
        .iter()
        .map(|request| request.header("idempotency-key"))
        .collect();
    assert_eq!(keys, [Some("k-1"), Some("k-1")]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn options_bound_an_attempt_and_the_call() {
    let script = script(Step::hang());
    let orders = OrdersClient::new(&scripted::client("orders", &script));
    let options = CallOptions::new()
        .attempt_timeout(ms(100))
        .retries(1)
        .timeout(ms(5_000));
    let error = orders.with(options).get(None).await.expect_err("it hangs");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 2));
}

fn two() -> Script {
    Script::new()
        .instance(A, Step::reply(500))
        .instance("http://b:1", Step::reply(204))
}

#[tokio::test(start_paused = true)]
async fn a_client_at_an_address_asks_nobody_where_the_service_is() -> Result<()> {
    let script = two();
    let client = scripted::builder(&script).build()?;
    OrdersClient::at(&client, "http://b:1/base").create().await?;
    assert_eq!(script.requests()[0].path(), "/base/api/orders");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_address_has_breakers_and_metrics_of_its_own() -> Result<()> {
    let script = two();
    let client = scripted::builder(&script)
        .service("orders", ServiceConfig::new().url(A).no_retry())
        .build()?;
    let (found, fixed) = (OrdersClient::new(&client), OrdersClient::at(&client, A));
    for _ in 0..6 {
        found.get(None).await.expect_err("500, then open");
    }
    assert_eq!(script.hits(A), 5);
    let error = fixed.get(None).await.expect_err("500");
    assert_eq!(error.kind(), ErrorKind::Status, "its own breaker is closed");
    let metrics = client.metrics();
    assert_eq!(metrics.services["orders"].total_calls, 6);
    assert_eq!(metrics.services["orders@http://a:1"].total_calls, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn settings_of_the_service_hold_at_an_address_too() {
    let script = Script::new().instance("http://b:1", Step::hang());
    let client = scripted::client("orders", &script);
    client
        .configure("orders", |service| service.timeout(ms(100)))
        .expect("legal");
    let started = tokio::time::Instant::now();
    let error = OrdersClient::at(&client, "http://b:1")
        .get(None)
        .await
        .expect_err("it hangs");
    assert_eq!(
        (error.kind(), started.elapsed()),
        (ErrorKind::DeadlineExceeded, ms(100))
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_in_the_options_moves_the_calls() -> Result<()> {
    let script = two();
    let client = scripted::client("orders", &script);
    let orders = OrdersClient::new(&client);
    let moved = orders.with(CallOptions::new().base_url("http://b:1"));
    moved.create().await?;
    moved.helper().await?;
    orders.create().await.expect_err("500");
    assert_eq!((script.hits("http://b:1"), script.hits(A)), (2, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_bad_address_is_an_error_of_the_call_that_names_it() {
    let client = scripted::client("orders", &Script::new());
    let error = OrdersClient::at(&client, "b:1")
        .create()
        .await
        .expect_err("no scheme");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
    let text = error.to_string();
    assert!(text.contains("`b:1`") && text.contains("`http://`"), "{text}");
}
