//! Where are retries turned off, up, or impossible?

use bytes::Bytes;
use futures_util::stream;
use trunkline::testing::{Script, Step};
use trunkline::{Body, BreakerPolicy, CallOptions, ErrorKind, Result, service};
use trunkline_tests::clock::{ms, timed};
use trunkline_tests::reference::{A, B, SERVICE, client, get, reference};

#[service("orders")]
trait Orders {
    #[get("/off")]
    #[retry(off)]
    async fn once(&self) -> Result<()>;

    #[get("/more")]
    #[retry(times = 5, delay = "10ms", backoff = "fixed")]
    async fn often(&self) -> Result<()>;

    #[get("/conflict")]
    #[retry(on = [409])]
    async fn conflicts(&self) -> Result<()>;
}

fn failing(status: u16) -> (Script, OrdersClient) {
    let script = Script::new().instance(A, Step::reply(status));
    let client = client(&script, trunkline::ServiceConfig::new().url(A).no_breaker());
    (script, OrdersClient::new(&client))
}

#[tokio::test(start_paused = true)]
async fn retry_off_is_one_attempt() {
    let (script, orders) = failing(500);
    assert_eq!(orders.once().await.unwrap_err().attempts(), 1);
    assert_eq!(script.hits(A), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_of_the_options_win_over_retry_off() {
    let (script, orders) = failing(500);
    let stubborn = orders.with(CallOptions::new().retries(2));
    assert!(stubborn.once().await.is_err());
    assert_eq!(script.hits(A), 3);
}

#[tokio::test(start_paused = true)]
async fn the_attribute_says_how_often_and_how_fast() {
    let (script, orders) = failing(500);
    let (outcome, time) = timed(orders.often()).await;
    assert_eq!((outcome.unwrap_err().attempts(), script.hits(A)), (6, 6));
    assert!(time <= ms(5 * 11), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn the_attribute_adds_statuses() {
    let (script, orders) = failing(409);
    assert_eq!(orders.conflicts().await.unwrap_err().status_code(), Some(409));
    assert_eq!(script.hits(A), 4);
}

#[tokio::test(start_paused = true)]
async fn no_retries_of_the_options_are_one_attempt() {
    let (script, orders) = failing(500);
    assert!(orders.with(CallOptions::new().retries(0)).often().await.is_err());
    assert_eq!(script.hits(A), 1);
}

fn streamed() -> Body {
    Body::stream(stream::iter([Ok::<_, std::io::Error>(Bytes::from("piece"))]))
}

#[tokio::test(start_paused = true)]
async fn a_streamed_body_is_sent_once_whatever_the_method() {
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, reference().url(A));
    let call = client.service(SERVICE).put("/x").body(streamed());
    let error = call.send().await.unwrap_err();
    assert_eq!((error.attempts(), script.hits(A)), (1, 1));
    assert!(
        error.message().contains("a streamed body cannot be replayed"),
        "{error}"
    );
    assert_eq!(script.requests()[0].body(), "piece");
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_streamed_body_says_nothing_of_replays() {
    let script = Script::new().instance(A, Step::reply(404));
    let client = client(&script, reference().url(A));
    let call = client.service(SERVICE).put("/x").body(streamed());
    let error = call.send().await.unwrap_err();
    assert!(!error.to_string().contains("replayed"), "{error}");
}

/// The caller's own mistake says nothing of the instance.
#[tokio::test(start_paused = true)]
async fn a_streamed_body_that_fails_is_not_the_instance_s_fault() {
    let script = Script::new().instance(A, Step::reply(200));
    let client = client(&script, reference().url(A));
    for _ in 0..10 {
        let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("the file is gone"))]);
        let call = client.service(SERVICE).put("/x").body(Body::stream(broken));
        let error = call.send().await.unwrap_err();
        assert!(error.to_string().contains("the file is gone"), "{error}");
    }
    assert!(get(&client).await.is_ok(), "the breaker is closed");
}

/// The reason is said where it decides, and nowhere else.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_idempotent_says_that_it_was_not_tried_again_for_that() {
    const SAID: &str = "; the call was not tried again: it is not idempotent (";
    let posted = async |step: Step, options: CallOptions| {
        let script = Script::new().instance(A, step);
        let client = client(&script, reference().url(A));
        let call = client.service(SERVICE).with(options).post("/x");
        call.send().await.expect_err("no success").to_string()
    };
    let none = CallOptions::new;
    for (step, options) in [
        (Step::reply(500), none()),
        (Step::reply(503), none()),
        (Step::close(), none()),
        // An attempt's time, not the call's.
        (Step::hang(), none()),
    ] {
        let text = posted(step, options).await;
        assert!(text.contains(SAID), "{text}");
    }
    for (step, options) in [
        // Another attempt would not have helped, none is wanted, or all were made.
        (Step::reply(404), none()),
        (Step::reply(500), none().retries(0)),
        (Step::reply(500), none().idempotency_key("k")),
        (Step::reply(503).header("retry-after", "0"), none()),
        (Step::refuse(), none()),
        // There was no time for another.
        (Step::hang(), none().timeout(ms(400))),
        (Step::reply(500).after(ms(399)), none().timeout(ms(400))),
    ] {
        let text = posted(step, options).await;
        assert!(!text.contains("was not tried again"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_on_the_way_ends_the_call_with_its_last_outcome() {
    let script = Script::new().instance(A, Step::reply(500));
    let client = client(&script, reference().url(A).retries(10));
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Status);
    assert_eq!((error.attempts(), script.hits(A)), (5, 5));
    let text = error.to_string();
    assert!(
        text.contains("; the call was not tried again: the breaker of every instance is open, for another "),
        "{text}"
    );
    assert!(
        error.retry_after().is_some_and(|time| time >= ms(900)),
        "{error:?}"
    );
    let metrics = client.metrics();
    assert_eq!((metrics.retry_count, metrics.circuit_breaker_trips), (4, 1));
}

/// A wait after which the breaker refuses helps nobody.
#[tokio::test(start_paused = true)]
async fn a_call_does_not_wait_for_a_retry_that_its_breaker_will_refuse() {
    let script = Script::new().instance(A, Step::reply(500));
    let policy = BreakerPolicy {
        failures: 1,
        ..BreakerPolicy::default()
    };
    let client = client(&script, reference().url(A).breaker(policy).retries(3));
    let (outcome, took) = timed(get(&client)).await;
    let error = outcome.unwrap_err();
    assert_eq!((took, script.hits(A), error.attempts()), (ms(0), 1, 1), "{error}");
    assert_eq!(error.status_code(), Some(500));
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_an_argument_is_not_tried_at_all() {
    let script = Script::new()
        .instance(A, Step::reply(200))
        .instance(B, Step::reply(200));
    let client = client(&script, reference().url(A).url(B));
    let error = client
        .service(SERVICE)
        .get("/x/{id}")
        .path("id", "..")
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    assert!(!error.may_have_reached_server());
    assert_eq!(script.dials(A) + script.dials(B), 0);
}
