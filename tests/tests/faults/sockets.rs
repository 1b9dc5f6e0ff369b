//! Faults of TCP and of HTTP/1.1, by the byte.

use trunkline::{Client, ErrorKind, Result, ServiceConfig, service};
use trunkline_tests::clock::{assert_between, median_of_five, ms, secs, timed};
use trunkline_tests::raw_tcp::{Act, BlackHole, RawServer, Refusing, chunk, head, response};
use trunkline_tests::reference::{SERVICE, get, post, reference};

#[service("orders")]
trait Orders {
    #[post("/orders")]
    #[idempotent]
    async fn place(&self, order: &u32) -> Result<()>;
}

fn client(config: ServiceConfig) -> Client {
    let builder = Client::builder().service(SERVICE, config);
    let client = builder.build().expect("the test's settings are right");
    // The first call that is named sets TLS up, which is no part of the time that a call takes.
    drop(client.service(SERVICE).get("/x"));
    client
}

fn ok(body: &str) -> Vec<Act> {
    vec![Act::Send(response("200 OK", &[], body))]
}

/// Fault 1: an instance accepts and never answers; GET.
#[tokio::test]
async fn a_get_of_a_silent_server_is_tried_three_times() {
    let time = median_of_five(async || {
        let server = RawServer::always([Act::Hang]).await;
        let client = client(reference().url(server.url()));
        let (outcome, time) = timed(get(&client)).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 3));
        assert_eq!(server.hits(), 3);
        time
    });
    assert_between(time.await, ms(1500), ms(1660));
}

/// Fault 2: the same; POST.
#[tokio::test]
async fn a_post_of_a_silent_server_is_tried_once() {
    let time = median_of_five(async || {
        let server = RawServer::always([Act::Hang]).await;
        let client = client(reference().url(server.url()));
        let (outcome, time) = timed(post(&client)).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
        assert!(error.may_have_reached_server());
        assert_eq!(server.hits(), 1);
        time
    });
    assert_between(time.await, ms(500), ms(510));
}

/// Fault 3: the same; a POST that is declared safe to repeat.
#[tokio::test]
async fn an_idempotent_post_carries_one_key_on_all_attempts() {
    let server = RawServer::always([Act::Hang]).await;
    let client = client(reference().url(server.url()));
    let error = OrdersClient::new(&client).place(&1).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 3));
    let requests = server.requests();
    let keys: Vec<_> = requests
        .iter()
        .map(|request| request.header("idempotency-key").unwrap())
        .collect();
    assert_eq!(keys, [keys[0]; 3]);
    assert!(keys[0].len() >= 32, "{}", keys[0]);
}

/// Fault 5: connecting to one instance is a black hole; POST.
#[tokio::test]
async fn a_post_goes_on_to_the_next_instance_when_connecting_takes_too_long() {
    let time = median_of_five(async || {
        let (hole, healthy) = (BlackHole::start().await, RawServer::always(ok("1")).await);
        let client = client(reference().url(hole.url()).url(healthy.url()));
        // In turn, one call dials the one and the other the other.
        let (_, one) = timed(async { post(&client).await.unwrap() }).await;
        let (_, other) = timed(async { post(&client).await.unwrap() }).await;
        assert_eq!(healthy.hits(), 2);
        one.max(other)
    });
    assert_between(time.await, ms(200), ms(220));
}

/// Fault 6: one of three ports refuses.
#[tokio::test]
async fn a_port_that_refuses_costs_no_call() {
    let (one, dead, other) = (
        RawServer::always(ok("1")).await,
        Refusing::port(),
        RawServer::always(ok("1")).await,
    );
    let client = client(reference().url(one.url()).url(dead.url()).url(other.url()));
    for _ in 0..1000 {
        assert_eq!(post(&client).await.unwrap().status(), 200);
    }
    assert_eq!(one.hits() + other.hits(), 1000);
    // Five dials open its breaker; each probe that follows opens it again, for twice as long.
    let metrics = client.metrics();
    let probes = metrics.circuit_breaker_trips - 1;
    assert!(probes <= 6, "{probes}");
    assert_eq!(metrics.retry_count, 5 + probes);
}

/// Fault 8: the server reads the request, then closes without an answer.
#[tokio::test]
async fn a_get_that_is_closed_on_is_tried_again() {
    let server = RawServer::start(|number| if number == 0 { vec![Act::Close] } else { ok("1") }).await;
    let client = client(reference().url(server.url()));
    assert_eq!(get(&client).await.unwrap().status(), 200);
    assert_eq!(server.hits(), 2);
}

/// Fault 8: the same; POST.
#[tokio::test]
async fn a_post_that_is_closed_on_may_have_been_acted_on() {
    let server = RawServer::start(|number| if number == 0 { vec![Act::Close] } else { ok("1") }).await;
    let client = client(reference().url(server.url()));
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert!(error.may_have_reached_server());
    assert_eq!(server.hits(), 1);
}

/// Half of a body whose length was told, then a reset.
fn reset_in_the_body() -> Vec<Act> {
    let mut bytes = head("200 OK", &[("content-type", "application/json")], Some(100));
    bytes.extend_from_slice(b"{\"half\":");
    vec![Act::Send(bytes), Act::Pause(ms(20)), Act::Reset]
}

/// Fault 9: a reset in the middle of a buffered body; GET.
#[tokio::test]
async fn a_get_whose_body_breaks_off_is_tried_again() {
    let server = RawServer::start(|number| if number == 0 { reset_in_the_body() } else { ok("1") }).await;
    let client = client(reference().url(server.url()));
    let value: u32 = client.service(SERVICE).get("/x").fetch().await.unwrap();
    assert_eq!((value, server.hits()), (1, 2));
}

/// Fault 9: the same; POST. What breaks off is never taken for what cannot be decoded.
#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_of_the_transport() {
    let server = RawServer::always(reset_in_the_body()).await;
    let client = client(reference().url(server.url()));
    let call = client.service(SERVICE).post("/x").json(&1).fetch::<u32>();
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert!(error.may_have_reached_server());
    assert_eq!(server.hits(), 1);
}

/// Fault 9: a body that is shorter than its length, the connection closed in good order.
#[tokio::test]
async fn a_body_that_is_too_short_is_an_error_of_the_transport() {
    let mut bytes = head("200 OK", &[], Some(100));
    bytes.extend_from_slice(b"17");
    let server = RawServer::always([Act::Send(bytes), Act::Close]).await;
    let client = client(reference().url(server.url()));
    let call = client.service(SERVICE).post("/x").json(&1).fetch::<u32>();
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Transport);
}

/// Fault 9: chunks without the last one.
#[tokio::test]
async fn a_chunked_body_without_an_end_is_an_error_of_the_transport() {
    let bytes = [head("200 OK", &[], None), chunk(b"17")].concat();
    let server = RawServer::always([Act::Send(bytes), Act::Close]).await;
    let client = client(reference().url(server.url()));
    let call = client.service(SERVICE).post("/x").json(&1).fetch::<u32>();
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Transport);
}

/// Fault 10: the headers come, then the body stalls.
#[tokio::test]
async fn a_get_whose_body_stalls_is_tried_again_after_the_idle_timeout() {
    let stalled = || vec![Act::Send(head("200 OK", &[], Some(1))), Act::Hang];
    let server = RawServer::start(move |number| if number == 0 { stalled() } else { ok("1") }).await;
    let client = client(reference().url(server.url()));
    let (value, time) = timed(client.service(SERVICE).get("/x").fetch::<u32>()).await;
    assert_eq!((value.unwrap(), server.hits()), (1, 2));
    assert_between(time, ms(300), secs(2));
}

/// Fault 10: every body stalls.
#[tokio::test]
async fn a_body_that_always_stalls_is_a_timeout_that_says_so() {
    let server = RawServer::always([Act::Send(head("200 OK", &[], Some(1))), Act::Hang]).await;
    let client = client(reference().url(server.url()));
    let (outcome, time) = timed(get(&client)).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 3));
    assert!(error.message().contains("300ms"), "{error}");
    assert_between(time, ms(900), secs(2));
}

/// Fault 11: the body drips a byte every 250 ms, which is never idle for long enough.
#[tokio::test]
async fn a_body_that_drips_ends_with_the_deadline() {
    let drip = Act::Repeat(b" ".to_vec(), ms(250));
    let time = median_of_five(async || {
        let acts = [Act::Send(head("200 OK", &[], Some(1000))), drip.clone()];
        let server = RawServer::always(acts).await;
        let client = client(reference().url(server.url()));
        let (outcome, time) = timed(get(&client)).await;
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(server.hits(), 1);
        time
    });
    assert_between(time.await, secs(2), ms(2010));
}
