//! `configure`: seen by the next call, refused whole, stronger than every source.

use trunkline::testing::{Script, Step};
use trunkline::{Client, ErrorKind, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, ms, script};

use super::{Orders, OrdersClient, failed};

#[tokio::test(start_paused = true)]
async fn the_next_call_sees_a_change_and_handles_stay_valid() -> Result<()> {
    let script = script(Step::hang());
    let client = scripted::client("orders", &script);
    let (orders, untyped) = (OrdersClient::new(&client), client.service("orders"));
    client.configure("orders", |service| service.timeout(ms(100)))?;
    assert_eq!(failed(orders.list()).await.1, 100);
    assert_eq!(failed(untyped.get("/x").fetch()).await.1, 100);
    client.configure("orders", |service| service.timeout(ms(200)))?;
    assert_eq!(failed(orders.list()).await.1, 200);
    assert_eq!(failed(untyped.get("/x").fetch()).await.1, 200);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_keeps_the_settings_that_it_began_with() -> Result<()> {
    let client = scripted::client("orders", &script(Step::hang()));
    let orders = OrdersClient::new(&client);
    client.configure("orders", |service| service.timeout(ms(300)))?;
    let call = tokio::spawn(async move { failed(orders.list()).await.1 });
    tokio::task::yield_now().await;
    client.configure("orders", |service| service.timeout(ms(10)))?;
    assert_eq!(call.await.expect("no panic"), 300);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_change_adds_to_the_changes_before() -> Result<()> {
    let script = script(Step::hang());
    let client = scripted::client("orders", &script);
    client.configure("orders", |service| service.timeout(ms(100)))?;
    client.configure("orders", |service| service.header("x-a", "1"))?;
    assert_eq!(failed(OrdersClient::new(&client).list()).await.1, 100);
    assert_eq!(script.requests()[0].header("x-a"), Some("1"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_change_wins_over_every_source_of_its_level() -> Result<()> {
    let script = script(Step::hang());
    let client = scripted::builder(&script)
        .env_from([("ORDERS_URL", A), ("ORDERS_TIMEOUT", "9")])?
        .build()?;
    client.configure("orders", |service| service.timeout(ms(100)))?;
    assert_eq!(failed(OrdersClient::new(&client).list()).await.1, 100);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_keeps_the_old_settings_whole() -> Result<()> {
    let script = script(Step::hang());
    let client = scripted::client("orders", &script);
    let orders = OrdersClient::new(&client);
    client.configure("orders", |service| service.timeout(ms(100)))?;
    for refused in [
        client.configure("orders", |service| service.timeout(ms(0)).header("x-a", "1")),
        client.configure("orders", |service| service.header("x-a", "1").url("nowhere")),
        client.configure("orders", |service| {
            service.header("x-a", "1").attempt_timeout(ms(200))
        }),
    ] {
        let error = refused.expect_err("it is wrong");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("service `orders`"), "{error}");
    }
    assert_eq!(failed(orders.list()).await.1, 100);
    assert_eq!(script.requests()[0].header("x-a"), None);
    client.configure("orders", |service| service.header("x-a", "2"))?;
    failed(orders.list()).await;
    assert_eq!(
        script.requests()[1].header("x-a"),
        Some("2"),
        "a refused one is not built upon"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_change_of_an_unknown_endpoint_is_refused() -> Result<()> {
    let script = script(Step::hang());
    let client = scripted::client("orders", &script);
    let orders = OrdersClient::new(&client);
    let endpoint = || ServiceConfig::new().timeout(ms(100));
    client.configure("orders", |service| service.endpoint("list", endpoint()))?;
    let refused = client.configure("orders", |service| service.endpoint("lst", endpoint()));
    let error = refused.expect_err("there is no such endpoint");
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(
        text.contains("`lst`") && text.contains("`list`, `chat`"),
        "{text}"
    );
    assert_eq!(failed(orders.list()).await.1, 100, "the old settings stay");
    Ok(())
}

/// Two instances, of which one fails, and a client that knows that one.
fn failing_and_fine() -> Result<(Script, Client)> {
    let script = Script::new()
        .instance(A, Step::reply(500))
        .instance("http://b:1", Step::reply(204));
    let client = scripted::client("orders", &script);
    client.configure("orders", ServiceConfig::no_retry)?;
    Ok((script, client))
}

#[tokio::test(start_paused = true)]
async fn the_first_url_starts_a_new_list_and_the_next_adds_to_it() -> Result<()> {
    let (script, client) = failing_and_fine()?;
    client.configure("orders", |service| service.url("http://b:1"))?;
    let orders = OrdersClient::new(&client);
    orders.list().await?;
    orders.list().await?;
    assert_eq!((script.hits(A), script.hits("http://b:1")), (0, 2));
    client.configure("orders", |service| service.url("http://b:1").url(A))?;
    orders.list().await?;
    failed(orders.list()).await;
    assert_eq!((script.hits(A), script.hits("http://b:1")), (1, 3));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn instances_that_stay_keep_their_breakers() -> Result<()> {
    let (script, client) = failing_and_fine()?;
    let orders = OrdersClient::new(&client);
    for _ in 0..5 {
        failed(orders.list()).await;
    }
    client.configure("orders", |service| service.urls([A, "http://b:1"]))?;
    for _ in 0..4 {
        orders.list().await?;
    }
    assert_eq!(
        (script.hits(A), script.hits("http://b:1")),
        (5, 4),
        "its breaker is still open"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_service_that_nobody_knew_can_be_configured() -> Result<()> {
    let script = script(Step::reply(204));
    let client = scripted::builder(&script).build()?;
    let orders = OrdersClient::new(&client);
    assert_eq!(failed(orders.list()).await.0.kind(), ErrorKind::Discovery);
    client.configure("orders", |service| service.url(A))?;
    orders.list().await
}

#[tokio::test(start_paused = true)]
async fn a_mistyped_endpoint_is_no_reason_to_refuse_another_change() -> Result<()> {
    let script = Script::new().instance(A, Step::reply(204));
    let client = scripted::builder(&script).build()?;
    client.configure("late", |config| {
        config.url(A).endpoint("opne", ServiceConfig::new().retries(1))
    })?;
    let late = LateClient::new(&client);
    let error = late.open().await.expect_err("nobody has this endpoint");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("did you mean `open`"), "{error}");
    client.configure("late", |config| config.retries(2))?;
    let again = client.configure("late", |config| {
        config.endpoint("opne", ServiceConfig::new().retries(2))
    });
    assert_eq!(again.expect_err("nobody has it").kind(), ErrorKind::Config);
    client.configure("late", |_| ServiceConfig::new().url(A))?;
    late.open().await
}

#[service("late")]
trait Late {
    #[get("/open")]
    async fn open(&self) -> Result<()>;
}
