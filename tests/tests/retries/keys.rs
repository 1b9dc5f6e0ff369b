//! The key under which a call may be repeated.

use trunkline::testing::{Script, Step};
use trunkline::{CallOptions, Client, Result, service};
use trunkline_tests::reference::{A, SERVICE, client, reference};

#[service("orders")]
trait Orders {
    #[post("/x")]
    #[idempotent]
    async fn keyed(&self) -> Result<()>;

    #[patch("/x")]
    #[idempotent(header = "X-Key")]
    async fn named(&self) -> Result<()>;

    #[post("/x")]
    #[idempotent]
    async fn given(&self, #[header("Idempotency-Key")] key: &str) -> Result<()>;

    #[post("/x")]
    async fn plain(&self) -> Result<()>;
}

/// A client of an instance that is never well.
fn failing() -> (Script, Client, OrdersClient) {
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, reference().url(A).no_breaker());
    let orders = OrdersClient::new(&client);
    (script, client, orders)
}

fn keys(script: &Script, header: &str) -> Vec<Option<String>> {
    let key = |request: &trunkline::testing::Recorded| request.header(header).map(str::to_owned);
    script.requests().iter().map(key).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_the_same_on_all_attempts_and_another_on_the_next_call() {
    let (script, _client, orders) = failing();
    let _ = orders.keyed().await;
    let _ = orders.keyed().await;
    let keys = keys(&script, "idempotency-key");
    assert_eq!(keys.len(), 6);
    assert!(keys.iter().all(Option::is_some));
    assert_eq!((&keys[0], &keys[3]), (&keys[2], &keys[5]));
    assert_ne!(keys[0], keys[3]);
}

#[tokio::test(start_paused = true)]
async fn a_key_may_have_a_header_of_its_own() {
    let (script, _client, orders) = failing();
    let _ = orders.named().await;
    let own = keys(&script, "x-key");
    assert_eq!(own.len(), 3);
    assert!(own[0].is_some() && own[0] == own[2]);
    assert_eq!(keys(&script, "idempotency-key"), [None, None, None]);
}

#[tokio::test(start_paused = true)]
async fn a_key_in_a_header_argument_is_kept() {
    let (script, _client, orders) = failing();
    let _ = orders.given("mine").await;
    assert_eq!(keys(&script, "idempotency-key"), vec![Some("mine".to_owned()); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_options_is_sent_under_the_endpoint_s_header() {
    let (script, _client, orders) = failing();
    let _ = orders
        .with(CallOptions::new().idempotency_key("mine"))
        .named()
        .await;
    assert_eq!(keys(&script, "x-key"), vec![Some("mine".to_owned()); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_options_makes_a_plain_post_repeatable() {
    let (script, _client, orders) = failing();
    let _ = orders
        .with(CallOptions::new().idempotency_key("mine"))
        .plain()
        .await;
    assert_eq!(keys(&script, "idempotency-key"), vec![Some("mine".to_owned()); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_key_makes_an_untyped_post_repeatable() {
    let (script, client, _orders) = failing();
    let call = client.service(SERVICE).post("/x").idempotency_key("mine");
    assert!(call.send().await.is_err());
    assert_eq!(keys(&script, "idempotency-key"), vec![Some("mine".to_owned()); 3]);
}

#[tokio::test(start_paused = true)]
async fn a_plain_post_has_no_key_and_is_not_repeated() {
    let (script, _client, orders) = failing();
    let _ = orders.plain().await;
    assert_eq!(keys(&script, "idempotency-key"), [None]);
}
