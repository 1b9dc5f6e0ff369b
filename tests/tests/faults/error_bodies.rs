//! What an error says of itself is waited for where the caller gets it, and not where the attempt is made again.

use serde_json::{Value, json};
use trunkline::bytes::Bytes;
use trunkline::testing::{Script, Step};
use trunkline::{Body, ByteStream, Client, ErrorKind, FromReply, Result, ServiceConfig, service};
use trunkline_tests::clock::{assert_between, ms, secs, timed};
use trunkline_tests::raw_tcp::{Act, RawServer, head, response};
use trunkline_tests::reference::{A, SERVICE, assert_idle, client, get, post, reference};

#[service("orders")]
trait Orders {
    #[get("/orders/{id}")]
    #[none_on(404)]
    async fn order(&self, id: u32) -> Result<Option<u32>>;

    #[put("/orders")]
    async fn store(&self, #[body] body: Body) -> Result<Stored>;
}

#[derive(FromReply)]
enum Stored {
    #[status(other)]
    Any(ByteStream),
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

fn over_sockets(config: ServiceConfig) -> Client {
    let builder = Client::builder().service(SERVICE, config);
    let client = builder.build().expect("the test's settings are right");
    // The first call that is named sets TLS up, which is no part of the time that a call takes.
    drop(client.service(SERVICE).get("/x"));
    client
}

/// An error whose body comes a while after its head.
fn late(status: &str, pause: std::time::Duration, body: &str) -> [Act; 3] {
    [
        Act::Send(head(status, JSON, Some(body.len() as u64))),
        Act::Pause(pause),
        Act::Send(body.into()),
    ]
}

fn failed() -> Value {
    json!({ "code": 42200, "message": "no name", "details": { "errors": [{ "field": "name" }] } })
}

#[tokio::test]
async fn an_error_whose_body_comes_after_the_attempts_time_says_what_went_wrong() {
    let acts = late("422 Unprocessable Entity", ms(150), &failed().to_string());
    let server = RawServer::always(acts).await;
    let client = over_sockets(reference().url(server.url()).attempt_timeout(ms(50)).envelope());
    let error = post(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Business, 1),
        "{error}"
    );
    assert_eq!((error.code(), error.message()), (Some("42200"), "no name"));
    assert_eq!(error.details(), Some(&failed()["details"]));
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_body_takes_longer_than_a_second_says_what_went_wrong() {
    let step = Step::reply(404)
        .chunk(r#"{"detail": "#)
        .gap(secs(5))
        .chunk(r#""gone"}"#);
    let script = Script::new().instance(A, step);
    let config = reference().url(A).timeout(secs(30)).idle_timeout(secs(10));
    let client = client(&script, config);
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Status, "gone"));
    assert_eq!(error.elapsed(), secs(5));
    assert_idle(&client, &script);
}

#[tokio::test]
async fn a_failed_envelope_of_200_kib_beside_400_says_what_went_wrong() {
    let errors = vec![json!({ "field": "name", "message": "too short" }); 6000];
    let body = json!({ "code": 40000, "data": null, "details": { "errors": errors }, "message": "bad" });
    assert!(body.to_string().len() > 200 * 1024);
    let act = Act::Send(response("400 Bad Request", JSON, &body.to_string()));
    let server = RawServer::always([act]).await;
    let client = over_sockets(reference().url(server.url()).envelope());
    let error = get(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.message()),
        (ErrorKind::Business, Some("40000"), "bad")
    );
    assert_eq!(error.details(), Some(&body["details"]));
    assert_eq!(error.body().len(), 64 * 1024);
}

#[tokio::test(start_paused = true)]
async fn an_error_without_end_is_read_up_to_a_mebibyte() {
    let step = Step::reply(400).chunks(ms(1), (0..2000).map(|_| vec![b' '; 1024]));
    let script = Script::new().instance(A, step);
    let client = client(&script, reference().url(A));
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.status_code(), error.body().len()), (Some(400), 64 * 1024));
    assert_between(error.elapsed(), ms(1023), ms(1024));
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_drips_ends_with_the_call() {
    let step = Step::reply(400).chunks(ms(250), vec!["x"; 100]);
    let script = Script::new().instance(A, step);
    let client = client(&script, reference().url(A));
    let error = get(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Status, Some(400))
    );
    assert_eq!(error.elapsed(), secs(2));
    assert_idle(&client, &script);
}

#[tokio::test]
async fn a_503_whose_body_stalls_is_tried_again_at_once() {
    let server = RawServer::start(|number| match number {
        0 => vec![
            Act::Send(head("503 Service Unavailable", JSON, Some(7))),
            Act::Hang,
        ],
        _ => vec![Act::Send(response("200 OK", JSON, "7"))],
    });
    let server = server.await;
    let config = reference()
        .url(server.url())
        .idle_timeout(secs(30))
        .timeout(secs(30));
    let client = over_sockets(config);
    let (reply, time) = timed(get(&client)).await;
    assert_eq!(reply.expect("the second attempt").json::<u32>().ok(), Some(7));
    assert!(time < ms(300), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn the_wait_before_the_next_attempt_is_not_longer_for_a_body_that_stalls() {
    let times = async |first: Step| {
        let script = Script::new().instance(A, [first, Step::json(200, &7)]);
        let client = client(&script, reference().url(A).idle_timeout(secs(30)));
        get(&client).await.expect("the second attempt");
        assert_idle(&client, &script);
        script.requests()[1].at() - script.requests()[0].at()
    };
    let stalls = times(Step::reply(503).chunk("busy").stalls()).await;
    assert_eq!(stalls, times(Step::text(503, "busy")).await);
    assert!(stalls <= ms(51), "{stalls:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_503_is_waited_for() {
    let late = Step::reply(503).gap(ms(200)).chunk(r#"{"detail": "full"}"#);
    let script = Script::new().instance(A, late);
    let client = client(&script, reference().url(A));
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.attempts(), error.message()), (3, "full"));
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn a_503_whose_retry_does_not_fit_the_deadline_is_waited_for() {
    let late = Step::reply(503)
        .header("retry-after", "2")
        .gap(ms(200))
        .chunk(r#"{"detail": "full"}"#);
    let script = Script::new().instance(A, late);
    let client = client(&script, reference().url(A));
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.attempts(), error.message()), (1, "full"));
    assert_eq!(error.retry_after(), Some(secs(2)));
}

#[tokio::test(start_paused = true)]
async fn the_body_of_an_absent_value_is_hardly_waited_for() {
    let script = Script::new().instance(A, Step::reply(404).chunk("gone").stalls());
    let client = client(&script, reference().url(A).idle_timeout(secs(30)));
    let (order, time) = timed(OrdersClient::new(&client).order(7)).await;
    assert_eq!(order.expect("404 is none"), None);
    assert_eq!(time, ms(100));
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_the_type_accepts_is_no_error_to_be_read() {
    let long = vec![b'x'; 2 << 20];
    let script = Script::new().instance(A, Step::reply(503).body(long));
    let client = client(&script, reference().url(A));
    let sent = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"y"))]);
    let reply = OrdersClient::new(&client).store(Body::stream(sent)).await;
    let Stored::Any(mut stream) = reply.expect("each status is accepted");
    let mut length = 0;
    while let Some(chunk) = stream.chunk().await.expect("it is whole") {
        length += chunk.len();
    }
    assert_eq!((length, script.hits(A)), (2 << 20, 1));
}

#[tokio::test]
async fn the_connection_of_an_error_that_is_tried_again_is_used_again() {
    // Longer than the pause in the body, whatever the jitter.
    let wait = [("retry-after", "1")];
    let server = RawServer::start(move |number| match number {
        0 => vec![
            Act::Send(head("503 Service Unavailable", &wait, Some(2))),
            Act::Pause(ms(5)),
            Act::Send(b"{}".into()),
        ],
        _ => vec![Act::Send(response("200 OK", JSON, "7"))],
    });
    let server = server.await;
    let client = over_sockets(reference().url(server.url()));
    get(&client).await.expect("the second attempt");
    assert_eq!((server.hits(), server.connections()), (2, 1));
}
