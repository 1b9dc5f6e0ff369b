//! Replies that are read as they come in, and what bounds them.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::time::sleep;
use trunkline::testing::{Script, Step};
use trunkline::{Body, ByteStream, Client, ErrorKind, Reply, Result, Shutdown, service};
use trunkline_tests::clock::{assert_between, ms, secs, timed};
use trunkline_tests::raw_tcp::{Act, RawServer, chunk, head};
use trunkline_tests::reference::{A, B, SERVICE, assert_idle, client, reference};

#[service("orders")]
trait Orders {
    #[get("/export")]
    async fn export(&self) -> Result<ByteStream>;

    #[get("/export")]
    async fn export_with_head(&self) -> Result<Reply<ByteStream>>;

    #[post("/export")]
    async fn export_now(&self) -> Result<ByteStream>;

    #[put("/import")]
    async fn import(&self, #[body] content: Body) -> Result<()>;
}

fn orders(step: Step) -> (Script, Client, OrdersClient) {
    let script = Script::new().instance(A, step);
    let client = client(&script, reference().url(A).timeout(secs(20)));
    let orders = OrdersClient::new(&client);
    (script, client, orders)
}

#[tokio::test(start_paused = true)]
async fn chunks_come_as_they_were_sent() {
    let (script, client, orders) = orders(Step::reply(200).chunks(ms(100), ["a", "b", "c"]));
    let mut stream = orders.export().await.unwrap();
    for expected in ["a", "b", "c"] {
        let (chunk, time) = timed(stream.chunk()).await;
        assert_eq!((chunk.unwrap().unwrap(), time), (Bytes::from(expected), ms(100)));
    }
    assert_eq!(stream.chunk().await.unwrap(), None);
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn the_call_is_done_with_the_head() {
    let (_script, client, orders) = orders(Step::reply(200).chunk("a").stalls());
    let (stream, time) = timed(orders.export()).await;
    assert_eq!(time, ms(0));
    let metrics = client.metrics();
    assert_eq!((metrics.successful_calls, metrics.failed_calls), (1, 0));
    drop(stream);
}

#[tokio::test(start_paused = true)]
async fn a_stream_comes_with_its_head_where_it_is_asked_for() {
    let (_script, _client, orders) = orders(Step::reply(206).header("x-part", "1").chunk("a"));
    let reply = orders.export_with_head().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.instance()), (206, A));
    assert_eq!(reply.headers()["x-part"], "1");
    assert_eq!(reply.into_inner().next().await.unwrap().unwrap(), "a");
}

#[tokio::test(start_paused = true)]
async fn the_idle_timeout_runs_only_while_the_consumer_waits() {
    let (_script, _client, orders) = orders(Step::reply(200).chunks(ms(250), ["a", "b", "c"]));
    let mut stream = orders.export().await.unwrap();
    for expected in ["a", "b", "c"] {
        sleep(secs(3)).await;
        assert_eq!(stream.chunk().await.unwrap().unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_stands_still_is_a_timeout() {
    let (script, client, orders) = orders(Step::reply(200).chunk("a").stalls());
    let mut stream = orders.export().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "a");
    let (end, time) = timed(stream.chunk()).await;
    let error = end.unwrap_err();
    assert_eq!((error.kind(), time), (ErrorKind::Timeout, ms(300)));
    assert_eq!(
        (error.service(), error.endpoint(), error.instance()),
        (Some(SERVICE), Some("export"), Some(A))
    );
    assert!(error.may_have_reached_server());
    assert_eq!(stream.chunk().await.unwrap(), None, "nothing after an error");
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_never_stands_still_ends_with_the_deadline() {
    let drip = vec!["a"; 200];
    let (script, client, orders) = orders(Step::reply(200).chunks(ms(200), drip));
    let (count, time) = timed(async {
        let mut stream = orders.export().await.unwrap();
        let mut count = 0;
        loop {
            match stream.chunk().await {
                Ok(_) => count += 1,
                Err(error) => break (count, error.kind()),
            }
        }
    })
    .await;
    assert_eq!(count, (99, ErrorKind::DeadlineExceeded));
    assert_between(time, secs(20), ms(20_001));
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_between_chunks_is_told_at_the_next_one() {
    let (_script, _client, orders) = orders(Step::reply(200).chunk("a").chunk("b"));
    let mut stream = orders.export().await.unwrap();
    assert!(stream.chunk().await.is_ok());
    sleep(secs(21)).await;
    assert_eq!(
        stream.chunk().await.unwrap_err().kind(),
        ErrorKind::DeadlineExceeded
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_closes_the_reply() {
    let (script, client, orders) = orders(Step::reply(200).chunk("a").stalls());
    let mut stream = orders.export().await.unwrap();
    assert!(stream.chunk().await.is_ok());
    assert_eq!(script.open_bodies(), 1);
    drop(stream);
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_is_an_error_of_the_transport_and_is_not_begun_again() {
    for step in [
        Step::reply(200).chunk("a").truncated(),
        Step::reply(200).chunk("a").reset(),
    ] {
        let (script, client, orders) = orders(step);
        let mut stream = orders.export().await.unwrap();
        assert!(stream.chunk().await.is_ok());
        let error = stream.chunk().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert!(error.may_have_reached_server());
        assert_eq!(script.hits(A), 1);
        assert_idle(&client, &script);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_tried_again_before_its_head() {
    let (script, _client, orders) = orders(Step::reply(200).chunk("a"));
    script.change(A, [Step::reply(503), Step::close(), Step::reply(200).chunk("a")]);
    let mut stream = orders.export().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "a");
    assert_eq!(script.hits(A), 3);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_refused_has_the_error_s_body() {
    let (script, client, orders) = orders(Step::text(404, "no such export"));
    let error = orders.export().await.unwrap_err();
    assert_eq!(
        (error.status_code(), error.body()),
        (Some(404), &b"no such export"[..])
    );
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_be_larger_than_what_is_read_into_memory() {
    let script = Script::new().instance(A, Step::reply(200).chunks(ms(1), vec![vec![0; 1000]; 50]));
    let client = Client::builder()
        .service(SERVICE, reference().url(A))
        .scripted(&script)
        .max_body(1000)
        .build()
        .unwrap();
    let stream = OrdersClient::new(&client).export().await.unwrap();
    let sizes: Vec<_> = stream.map(|chunk| chunk.unwrap().len()).collect().await;
    assert_eq!(sizes.iter().sum::<usize>(), 50_000);
}

#[tokio::test(start_paused = true)]
async fn a_stream_outlives_its_client() {
    let (_script, client, orders) = orders(Step::reply(200).chunks(ms(100), ["a", "b"]));
    let stream = orders.export().await.unwrap();
    drop((client, orders));
    assert_eq!(stream.count().await, 2);
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_a_stream() {
    let (_script, client, orders) = orders(Step::reply(200).chunks(ms(200), ["a", "b", "c"]));
    let stream = orders.export().await.unwrap();
    let reading = tokio::spawn(stream.count());
    let (shutdown, time) = timed(client.shutdown(secs(10))).await;
    assert_eq!((shutdown.abandoned, time), (0, ms(600)));
    assert_eq!(reading.await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn shutdown_counts_a_stream_that_nobody_reads() {
    let (_script, client, orders) = orders(Step::reply(200).chunk("a").stalls());
    let stream = orders.export().await.unwrap();
    let (Shutdown { abandoned, .. }, time) = timed(client.shutdown(secs(1))).await;
    assert_eq!(abandoned, 1);
    assert_between(time, secs(1), ms(1001));
    drop(stream);
    assert_eq!(client.shutdown(secs(1)).await.abandoned, 0);
}

#[tokio::test(start_paused = true)]
async fn a_streamed_upload_arrives_whole() {
    let (script, _client, orders) = orders(Step::reply(204));
    let chunks =
        stream::iter(["one ", "two ", "three"].map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk))));
    orders.import(Body::stream(chunks)).await.unwrap();
    assert_eq!(script.requests()[0].body(), "one two three");
}

#[tokio::test]
async fn a_stream_over_a_socket_comes_chunk_by_chunk() {
    let acts = vec![
        Act::Send([head("200 OK", &[], None), chunk(b"a")].concat()),
        Act::Pause(ms(50)),
        Act::Send(chunk(b"b")),
        Act::Send(chunk(b"")),
    ];
    let server = RawServer::always(acts).await;
    let client = Client::builder()
        .service(SERVICE, reference().url(server.url()))
        .build()
        .unwrap();
    let mut stream = OrdersClient::new(&client).export().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "a");
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "b");
    assert_eq!(stream.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_stream_over_a_socket_that_breaks_off_is_an_error_of_the_transport() {
    let begun = [head("200 OK", &[], None), chunk(b"a")].concat();
    let server = RawServer::always([Act::Send(begun), Act::Pause(ms(20)), Act::Close]).await;
    let client = Client::builder()
        .service(SERVICE, reference().url(server.url()))
        .build()
        .unwrap();
    let mut stream = OrdersClient::new(&client).export_now().await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "a");
    let error = stream.chunk().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(server.hits(), 1);
}

/// The request is not read on once nobody reads the reply: the server's next write fails.
#[tokio::test]
async fn a_dropped_stream_closes_its_socket() {
    let (closed, mut noticed) = tokio::sync::mpsc::unbounded_channel();
    let router = axum::Router::new().route(
        "/export",
        axum::routing::get(move || {
            let alive = Alive(closed.clone());
            async move {
                let endless = stream::unfold(alive, |alive| async move {
                    sleep(ms(5)).await;
                    Some((Ok::<_, std::io::Error>(Bytes::from("tick")), alive))
                });
                axum::body::Body::from_stream(endless)
            }
        }),
    );
    let url = trunkline_tests::server::serve(router).await;
    let client = Client::builder()
        .service(SERVICE, reference().url(url))
        .build()
        .unwrap();
    let mut stream = OrdersClient::new(&client).export().await.unwrap();
    assert!(stream.chunk().await.is_ok());
    drop(stream);
    let dropped = tokio::time::timeout(secs(10), noticed.recv()).await;
    assert_eq!(dropped.unwrap(), Some(()));
}

/// Says so when the server lets go of its reply.
struct Alive(tokio::sync::mpsc::UnboundedSender<()>);

impl Drop for Alive {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test(start_paused = true)]
async fn a_streamed_body_that_nobody_read_goes_to_the_next_instance() {
    let script = Script::new()
        .instance(A, Step::refuse())
        .instance(B, Step::reply(200));
    let client = client(&script, reference().urls([A, B]));
    for _ in 0..2 {
        let pieces = ["a", "b"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
        let body = Body::stream(stream::iter(pieces));
        let reply = client.service(SERVICE).post("/x").body(body).send().await;
        assert!(reply.is_ok(), "{reply:?}");
    }
    assert!(script.dials(A) > 0, "one of the two calls began there");
    assert!(script.requests_to(B).iter().all(|request| request.body() == "ab"));
}

#[tokio::test(start_paused = true)]
async fn a_streamed_body_that_waited_for_a_connection_goes_to_the_next_instance() {
    let script = Script::new()
        .instance(A, Step::black_hole())
        .instance(B, Step::reply(200));
    let client = client(&script, reference().urls([A, B]).attempt_timeout(ms(100)));
    for _ in 0..2 {
        let pieces = ["a", "b"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
        let body = Body::stream(stream::iter(pieces));
        let reply = client.service(SERVICE).put("/x").body(body).send().await;
        assert!(reply.is_ok(), "{reply:?}");
    }
    assert!(script.dials(A) > 0, "one of the two calls began there");
    assert!(script.requests_to(B).iter().all(|request| request.body() == "ab"));
}
