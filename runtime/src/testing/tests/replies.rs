//! Heads, bodies, and their ends.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_reply_has_its_status_headers_body_and_time() {
    let step = Step::json(201, &json!({ "id": 1 }))
        .header("x-a", "1")
        .header("x-a", "2")
        .connect_after(ms(5))
        .after(ms(20));
    let (script, start) = (Script::new().instance(A, step), Instant::now());
    let response = reply(&script).await;

    assert_eq!(start.elapsed(), ms(25));
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers().get_all("x-a").iter().count(), 2);
    assert_eq!(response.body().size_hint().exact(), Some(8));
    let (body, error) = read(response).await;
    assert_eq!(body, br#"{"id":1}"#);
    assert!(error.is_none());
    assert_eq!(start.elapsed(), ms(25));
}

#[tokio::test(start_paused = true)]
async fn text_and_raw_bodies_are_what_was_given() {
    let script = Script::new().instance(A, [Step::text(200, "é"), Step::reply(200).chunk("x").body("y")]);
    let text = reply(&script).await;
    assert_eq!(text.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(read(text).await.0, "é".as_bytes());
    assert_eq!(read(reply(&script).await).await.0, b"y");
}

#[tokio::test(start_paused = true)]
async fn chunks_come_when_their_gaps_are_over() {
    let step = Step::reply(200)
        .chunk("a")
        .chunks(ms(250), ["b", "c"])
        .gap(ms(10));
    let (script, start) = (Script::new().instance(A, step), Instant::now());
    let mut body = reply(&script).await.into_body();
    assert_eq!(body.size_hint().exact(), None);
    for (chunk, at) in [("a", 0), ("b", 250), ("c", 500)] {
        let next = next(&mut body).await.expect("a chunk").expect("no error");
        assert_eq!((&*next, start.elapsed()), (chunk.as_bytes(), ms(at)));
    }
    assert!(next(&mut body).await.is_none());
    assert_eq!(start.elapsed(), ms(510));
    assert!(next(&mut body).await.is_none(), "it stays ended");
}

async fn check_end(step: Step, kind: io::ErrorKind) {
    let script = Script::new().instance(A, step);
    let (body, error) = read(reply(&script).await).await;
    let error = error.expect("the body breaks");
    assert_eq!(body, b"part");
    assert_eq!(error.sent(), Sent::Perhaps);
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    assert_eq!(cause.map(io::Error::kind), Some(kind));
    assert_eq!(script.open_bodies(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_broken_body_is_an_error_after_what_there_is_of_it() {
    let part = || Step::reply(200).chunk("part");
    check_end(part().truncated(), io::ErrorKind::UnexpectedEof).await;
    check_end(part().reset(), io::ErrorKind::ConnectionReset).await;
}

#[tokio::test(start_paused = true)]
async fn a_stalled_body_never_ends() {
    let script = Script::new().instance(A, Step::reply(200).chunk("a").stalls());
    let mut body = reply(&script).await.into_body();
    assert!(next(&mut body).await.is_some());
    assert!(timeout(ms(86_400_000), next(&mut body)).await.is_err());
    assert_eq!(script.open_bodies(), 1);
    drop(body);
    assert_eq!(script.open_bodies(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_exchange_is_in_flight_until_it_is_dropped() {
    let script = Script::new().instance(A, Step::hang());
    let mut hanging = Box::pin(exchange(&script));
    assert!(timeout(ms(86_400_000), &mut hanging).await.is_err());
    assert_eq!((script.in_flight(), script.hits(A)), (1, 1));
    drop(hanging);
    assert_eq!(script.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_open_until_it_has_ended() {
    let script = Script::new().instance(A, [Step::text(200, "a"), Step::reply(204)]);
    let response = reply(&script).await;
    assert_eq!((script.in_flight(), script.open_bodies()), (0, 1));
    let mut body = response.into_body();
    while next(&mut body).await.is_some() {}
    assert_eq!(script.open_bodies(), 0, "read to its end");
    let empty = reply(&script).await;
    assert!(empty.body().is_end_stream());
    assert_eq!(script.open_bodies(), 0, "there is none to read");
}

#[tokio::test(start_paused = true)]
async fn the_reply_to_head_has_no_body() {
    let script = Script::new().instance(A, Step::text(200, "a").header("content-length", "1"));
    let request = Request::head("http://a:1").body(Body::empty());
    let response = script.exchange(request.expect("a legal request"), CONNECT).await;
    let response = response.expect("the script replies");
    assert_eq!(response.headers()["content-length"], "1");
    assert!(read(response).await.0.is_empty());
}
