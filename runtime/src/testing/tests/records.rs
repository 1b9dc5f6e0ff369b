//! What is counted and recorded.

use super::*;

#[tokio::test(start_paused = true)]
async fn requests_are_recorded_as_they_arrive() {
    let script = Script::new().instance(A, Step::reply(204).connect_after(ms(5)).after(ms(50)));
    let start = Instant::now();
    let request = Request::put("http://a:1/x%20y?q=1")
        .header("x-tenant", "a")
        .body(Body::from(r#"{"id":7}"#))
        .expect("a legal request");
    script
        .exchange(request, CONNECT)
        .await
        .expect("the script replies");

    let requests = script.requests();
    let [request] = &*requests else {
        panic!("one request: {requests:?}")
    };
    assert_eq!(request.method(), Method::PUT);
    assert_eq!(request.uri(), "http://a:1/x%20y?q=1");
    assert_eq!((request.path(), request.query()), ("/x%20y", Some("q=1")));
    assert_eq!(request.header("X-Tenant"), Some("a"));
    assert_eq!(request.headers().len(), 1);
    assert_eq!((&**request.body(), request.body_len()), (&br#"{"id":7}"#[..], 8));
    assert_eq!(
        request.json::<serde_json::Value>().expect("JSON"),
        json!({ "id": 7 })
    );
    assert_eq!(request.at(), start + ms(5));
    assert!(request.json::<String>().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_long_body_is_counted_whole_and_kept_in_part() {
    let script = Script::new().instance(A, Step::reply(204));
    let body = Body::from(vec![b'x'; 3 * 1024 * 1024]);
    let request = Request::post(A).body(body).expect("a legal request");
    script
        .exchange(request, CONNECT)
        .await
        .expect("the script replies");
    let request = &script.requests()[0];
    assert_eq!(
        (request.body().len(), request.body_len()),
        (1024 * 1024, 3 * 1024 * 1024)
    );
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_ten_thousand_are_only_counted() {
    let script = Script::new().instance(A, Step::reply(204));
    for _ in 0..10_001 {
        reply(&script).await;
    }
    assert_eq!((script.requests().len(), script.hits(A)), (10_000, 10_001));
}

/// A body that breaks after its first chunk.
struct Broken(bool);

impl futures_core::Stream for Broken {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let first = !std::mem::replace(&mut self.0, true);
        let chunk = if first {
            Ok(Bytes::from("part"))
        } else {
            Err(io::Error::other("no more"))
        };
        std::task::Poll::Ready(Some(chunk))
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_body_breaks_may_have_reached_the_server() {
    let script = Script::new().instance(A, Step::reply(204));
    let request = Request::post(A)
        .body(Body::stream(Broken(false)))
        .expect("a legal request");
    let error = script
        .exchange(request, CONNECT)
        .await
        .expect_err("the body breaks");
    assert_eq!((error.sent(), &*error.to_string()), (Sent::Perhaps, "no more"));
    assert_eq!((script.hits(A), script.requests().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn each_instance_has_its_own_steps_counts_and_requests() {
    let script = Script::new()
        .instance(A, Step::reply(200))
        .instance("http://b:1", Step::reply(204));
    reply(&script).await;
    let other = script.exchange(get("http://b:1/other"), CONNECT).await;
    assert_eq!(other.expect("b replies").status(), 204);
    assert_eq!(
        (
            script.hits(A),
            script.hits("http://b:1"),
            script.hits("http://c:1")
        ),
        (1, 1, 0)
    );
    assert_eq!(script.requests().len(), 2);
    let to_b = script.requests_to("http://b:1");
    assert_eq!(to_b.iter().map(Recorded::path).collect::<Vec<_>>(), ["/other"]);
    assert!(script.requests_to("http://c:1").is_empty());
}
