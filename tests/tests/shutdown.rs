//! Shutting a client down: who is refused, who is waited for, who is left.

use std::sync::Arc;

use axum::Router;
use axum::routing::get as on_get;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use trunkline::testing::{Script, Step};
use trunkline::{Client, ErrorKind};
use trunkline_tests::clock::{assert_between, is_pending_after_a_poll, ms, secs, timed};
use trunkline_tests::reference::{A, SERVICE, assert_idle, client, get, reference};
use trunkline_tests::server::serve;

fn answering(step: Step) -> (Script, Client) {
    let script = Script::new().instance(A, step);
    let client = client(&script, reference().url(A));
    (script, client)
}

/// Fault 35: two hundred calls are in flight.
#[tokio::test]
async fn two_hundred_calls_in_flight_come_to_their_end() {
    let (arrived, mut arrivals) = watch::channel(0);
    let gate = Arc::new(Semaphore::new(0));
    let slow = {
        let gate = Arc::clone(&gate);
        move || async move {
            arrived.send_modify(|count| *count += 1);
            drop(gate.acquire().await);
        }
    };
    let url = serve(Router::new().route("/x", on_get(slow))).await;
    let config = reference()
        .url(url)
        .attempt_timeout(secs(20))
        .timeout(secs(20))
        .connect_timeout(secs(10));
    let client = Client::builder().service(SERVICE, config).build().unwrap();
    let calls = tokio::spawn({
        let client = client.clone();
        async move { join_all((0..200).map(|_| get(&client))).await }
    });
    arrivals.wait_for(|count| *count == 200).await.unwrap();
    // The first to be polled: the calls go on once it has begun.
    let (shutdown, refused) = tokio::join!(client.shutdown(secs(10)), async {
        let refused = get(&client).await;
        gate.add_permits(200);
        refused
    });
    assert_eq!(shutdown.abandoned, 0);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ShuttingDown);
    let outcomes = calls.await.unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(*arrivals.borrow(), 200);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_where_nothing_is_in_flight() {
    let (_script, client) = answering(Step::reply(200));
    get(&client).await.unwrap();
    let (shutdown, time) = timed(client.shutdown(secs(10))).await;
    assert_eq!((shutdown.abandoned, time), (0, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn new_calls_are_refused_and_nothing_of_them_is_sent() {
    let (script, client) = answering(Step::reply(200));
    client.shutdown(secs(10)).await;
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::ShuttingDown, 0));
    assert!(error.is_unavailable() && !error.may_have_reached_server());
    assert_eq!(script.dials(A), 0);
    assert_eq!(client.metrics().failed_calls, 1);
}

#[tokio::test(start_paused = true)]
async fn every_clone_is_shut_down() {
    let (_script, client) = answering(Step::reply(200));
    let (clone, service) = (client.clone(), client.service(SERVICE));
    client.shutdown(secs(10)).await;
    assert_eq!(get(&clone).await.unwrap_err().kind(), ErrorKind::ShuttingDown);
    let error = service.get("/x").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShuttingDown);
}

#[tokio::test(start_paused = true)]
async fn it_takes_as_long_as_the_slowest_call() {
    let (_script, client) = answering(Step::reply(200).after(ms(400)));
    let mut call = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut call).await);
    let (outcome, (shutdown, time)) = tokio::join!(call, timed(client.shutdown(secs(10))));
    assert!(outcome.is_ok());
    assert_eq!(shutdown.abandoned, 0);
    assert_between(time, ms(400), ms(401));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_may_still_be_retried_within_the_grace() {
    let (script, client) = answering(Step::reply(200));
    script.change(A, [Step::reply(503).after(ms(100)), Step::reply(200)]);
    let mut call = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut call).await);
    let (outcome, shutdown) = tokio::join!(call, client.shutdown(secs(10)));
    assert!(outcome.is_ok());
    assert_eq!((shutdown.abandoned, script.hits(A)), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn calls_that_outlast_the_grace_are_counted_and_not_repeated() {
    let (script, client) = answering(Step::reply(503).header("retry-after", "1"));
    let mut calls = [Box::pin(get(&client)), Box::pin(get(&client))];
    for call in &mut calls {
        assert!(is_pending_after_a_poll(call).await);
    }
    let (outcomes, (shutdown, time)) = tokio::join!(join_all(calls), timed(client.shutdown(ms(500))));
    assert_eq!(shutdown.abandoned, 2);
    assert_between(time, ms(500), ms(501));
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::ShuttingDown, 1));
        assert!(error.status_code() == Some(503));
    }
    assert_eq!(script.hits(A), 2);
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_outlasts_the_grace_may_still_give_its_value() {
    let (_script, client) = answering(Step::reply(200).after(ms(400)));
    let mut call = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut call).await);
    let (outcome, shutdown) = tokio::join!(call, client.shutdown(ms(100)));
    assert_eq!(shutdown.abandoned, 1);
    assert!(outcome.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_not_waited_for() {
    let (_script, client) = answering(Step::hang());
    let mut call = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut call).await);
    let dropping = async {
        sleep(ms(200)).await;
        drop(call);
    };
    let ((), (shutdown, time)) = tokio::join!(dropping, timed(client.shutdown(secs(10))));
    assert_eq!((shutdown.abandoned, time), (0, ms(200)));
}

#[tokio::test(start_paused = true)]
async fn no_grace_at_all_counts_what_is_there() {
    let (_script, client) = answering(Step::hang());
    let mut call = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut call).await);
    let (shutdown, time) = timed(client.shutdown(ms(0))).await;
    assert_eq!(shutdown.abandoned, 1);
    assert!(time <= ms(1), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn shutting_down_twice_is_shutting_down() {
    let (_script, client) = answering(Step::reply(200).after(ms(300)));
    let mut call = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut call).await);
    let (outcome, one, other) = tokio::join!(call, client.shutdown(secs(1)), client.shutdown(secs(2)));
    assert!(outcome.is_ok());
    assert_eq!((one.abandoned, other.abandoned), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_is_dropped_leaves_the_client_draining() {
    let (_script, client) = answering(Step::hang());
    let mut call = Box::pin(get(&client));
    assert!(is_pending_after_a_poll(&mut call).await);
    let mut shutdown = Box::pin(client.shutdown(secs(10)));
    assert!(is_pending_after_a_poll(&mut shutdown).await);
    drop(shutdown);
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::ShuttingDown);
}

#[tokio::test(start_paused = true)]
async fn health_after_a_shutdown_says_why() {
    let (script, client) = answering(Step::reply(200));
    client.shutdown(secs(1)).await;
    let health = client.service(SERVICE).health().await;
    assert!(
        !health.healthy && health.reason.contains("shut down"),
        "{health:?}"
    );
    assert_eq!(script.dials(A), 0);
}

#[tokio::test]
async fn a_grace_without_end_is_no_panic() {
    let client = Client::builder().build().expect("nothing is wrong");
    assert_eq!(client.shutdown(std::time::Duration::MAX).await.abandoned, 0);
}

#[tokio::test]
async fn idle_connections_are_closed_though_the_client_is_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        // The next that is read of an idle connection is its end.
        stream.read(&mut request).await
    });
    let client = Client::builder()
        .service(SERVICE, reference().url(url))
        .build()
        .unwrap();
    let typed = client.service(SERVICE);
    get(&client).await.unwrap();
    assert!(!server.is_finished());
    client.shutdown(secs(10)).await;
    let end = timeout(secs(10), server).await.expect("the connection is closed");
    assert_eq!(end.unwrap().unwrap(), 0);
    let error = typed.get("/x").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShuttingDown);
}
