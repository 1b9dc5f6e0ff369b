//! What an HTTP/2 server says of a stream decides whether the call is made again.

use trunkline::{Client, ErrorKind};
use trunkline_tests::h2_frames::{H2Act, H2Server, code};
use trunkline_tests::reference::{SERVICE, get, post, reference};

fn client(server: &H2Server) -> Client {
    Client::builder()
        .service(SERVICE, reference().url(server.url()))
        .http2_prior_knowledge()
        .build()
        .expect("the test's settings are right")
}

/// Does this with the first request and answers the others.
async fn once(act: H2Act) -> H2Server {
    H2Server::start(move |number| if number == 0 { act } else { H2Act::Ok }).await
}

/// Fault 25: the server goes away, our stream not among those it has acted on; POST.
#[tokio::test]
async fn a_post_that_a_server_going_away_has_not_seen_is_sent_again() {
    let server = once(H2Act::GoAwayBelow(code::NO_ERROR)).await;
    let client = client(&server);
    let reply = post(&client).await.unwrap();
    assert_eq!((reply.status().as_u16(), server.hits()), (200, 2));
    assert_eq!(client.metrics().retry_count, 1);
}

/// Fault 25, the other side of it: the server may have acted on our stream before it went.
#[tokio::test]
async fn a_post_that_a_server_going_away_may_have_seen_is_not_sent_again() {
    let server = once(H2Act::GoAwayAt(code::NO_ERROR)).await;
    let error = post(&client(&server)).await.unwrap_err();
    assert_eq!((error.kind(), server.hits()), (ErrorKind::Transport, 1));
    assert!(error.may_have_reached_server());
}

#[tokio::test]
async fn a_get_that_a_server_going_away_may_have_seen_is_sent_again() {
    let server = once(H2Act::GoAwayAt(code::NO_ERROR)).await;
    assert!(get(&client(&server)).await.is_ok());
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn a_post_is_not_sent_again_when_the_server_goes_away_for_an_error() {
    let server = once(H2Act::GoAwayAt(code::INTERNAL_ERROR)).await;
    let error = post(&client(&server)).await.unwrap_err();
    assert_eq!((error.kind(), server.hits()), (ErrorKind::Transport, 1));
    assert!(error.may_have_reached_server());
}

/// Fault 26: the server refuses every stream; POST.
#[tokio::test]
async fn a_post_that_is_always_refused_is_sent_three_times_in_all() {
    let server = H2Server::start(|_| H2Act::Reset(code::REFUSED_STREAM)).await;
    let error = post(&client(&server)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 3));
    assert_eq!(server.hits(), 3);
    assert!(
        !error.may_have_reached_server(),
        "the server says that it did not act"
    );
}

/// Fault 26: the server refuses one stream.
#[tokio::test]
async fn a_post_that_is_refused_once_is_sent_again() {
    let server = once(H2Act::Reset(code::REFUSED_STREAM)).await;
    assert!(post(&client(&server)).await.is_ok());
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn a_post_whose_stream_is_cancelled_is_not_sent_again() {
    let server = once(H2Act::Reset(code::CANCEL)).await;
    let error = post(&client(&server)).await.unwrap_err();
    assert_eq!((error.kind(), server.hits()), (ErrorKind::Transport, 1));
    assert!(error.may_have_reached_server());
}

#[tokio::test]
async fn a_stream_refused_after_its_head_was_acted_on() {
    let server = once(H2Act::HeadThenReset(code::REFUSED_STREAM)).await;
    let error = post(&client(&server)).await.unwrap_err();
    assert_eq!((error.kind(), server.hits()), (ErrorKind::Transport, 1));
    assert!(error.may_have_reached_server());
}
