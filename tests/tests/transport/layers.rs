//! Tower layers around the transport.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use http::{HeaderValue, Request, Response};
use tower::layer::layer_fn;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use trunkline::testing::{Script, Step};
use trunkline::{Body, BoxError, Client, ClientBuilder, ErrorKind, Sent, TransportError, TransportService};
use trunkline_tests::clock::{assert_between, ms, timed};
use trunkline_tests::reference::{A, SERVICE, assert_idle, get, post, reference};

fn builder(script: &Script) -> ClientBuilder {
    Client::builder()
        .service(SERVICE, reference().url(A))
        .scripted(script)
        .seed(7)
}

fn answering() -> Script {
    Script::new().instance(A, Step::reply(200))
}

/// A layer that appends its name to `x-way` and goes on.
fn named(
    name: &'static str,
) -> impl Layer<
    TransportService,
    Service: Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
                 + Clone
                 + Send
                 + Sync
                 + 'static,
> + Send
+ Sync
+ 'static {
    layer_fn(move |inner: TransportService| {
        ServiceBuilder::new()
            .map_request(move |mut request: Request<Body>| {
                request
                    .headers_mut()
                    .append("x-way", HeaderValue::from_static(name));
                request
            })
            .service(inner)
    })
}

/// A client whose only layer fails every request with what this makes.
fn failing(script: &Script, error: impl Fn() -> BoxError + Clone + Send + Sync + 'static) -> Client {
    let layer = layer_fn(move |_: TransportService| {
        let error = error.clone();
        service_fn(move |_: Request<Body>| {
            let error = error();
            async move { Err::<Response<Body>, _>(error) }
        })
    });
    builder(script).layer(layer).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_first_one_added_is_outermost() {
    let script = answering();
    let client = builder(&script)
        .layer(named("first"))
        .layer(named("second"))
        .build()
        .unwrap();
    get(&client).await.unwrap();
    let requests = script.requests();
    let way: Vec<_> = requests[0].headers().get_all("x-way").iter().collect();
    assert_eq!(way, ["first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_goes_through_them() {
    let script = Script::new().instance(A, [Step::reply(500), Step::reply(500), Step::reply(200)]);
    let client = builder(&script).layer(named("one")).build().unwrap();
    get(&client).await.unwrap();
    let ways = script
        .requests()
        .iter()
        .map(|request| request.header("x-way").map(str::to_owned))
        .collect::<Vec<_>>();
    assert_eq!(ways, vec![Some("one".to_owned()); 3]);
}

#[tokio::test(start_paused = true)]
async fn every_redirect_goes_through_them() {
    let steps = [Step::reply(302).header("location", "/y"), Step::reply(200)];
    let script = Script::new().instance(A, steps);
    let client = builder(&script).layer(named("one")).build().unwrap();
    get(&client).await.unwrap();
    assert!(
        script
            .requests()
            .iter()
            .all(|request| request.header("x-way") == Some("one"))
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_error_is_ambiguous() {
    let script = answering();
    let client = failing(&script, || "odd".into());
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert!(
        error.may_have_reached_server() && error.to_string().contains("odd"),
        "{error}"
    );
    assert_eq!(get(&client).await.unwrap_err().attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_may_say_that_nothing_was_sent() {
    let script = answering();
    let client = failing(&script, || TransportError::new(Sent::Nothing, "no token").into());
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    assert!(!error.may_have_reached_server());
}

#[tokio::test(start_paused = true)]
async fn an_error_may_say_that_the_server_did_not_act() {
    let script = answering();
    let client = failing(&script, || {
        TransportError::new(Sent::Unprocessed, "turned away").into()
    });
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 3));
    assert!(!error.may_have_reached_server());
}

#[tokio::test(start_paused = true)]
async fn the_error_of_what_they_wrap_comes_through_with_its_class() {
    let script = Script::new().instance(A, [Step::refuse(), Step::reply(200)]);
    let client = builder(&script).layer(named("one")).build().unwrap();
    assert_eq!(post(&client).await.unwrap().status(), 200);
    assert_eq!(script.dials(A), 2);
}

#[tokio::test(start_paused = true)]
async fn a_layer_may_answer_by_itself() {
    let script = answering();
    let layer = layer_fn(|_: TransportService| {
        service_fn(|_: Request<Body>| async {
            Ok::<_, BoxError>(Response::new(Body::from("from the layer")))
        })
    });
    let client = builder(&script).layer(layer).build().unwrap();
    assert_eq!(get(&client).await.unwrap().text().unwrap(), "from the layer");
    assert_eq!(script.dials(A), 0);
}

#[tokio::test(start_paused = true)]
async fn a_layer_sees_the_request_whole() {
    let script = answering();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let layer = {
        let seen = Arc::clone(&seen);
        layer_fn(move |inner: TransportService| {
            let seen = Arc::clone(&seen);
            service_fn(move |request: Request<Body>| {
                let body = request.body().as_bytes().map(<[u8]>::to_vec);
                let line = (request.method().clone(), request.uri().to_string(), body);
                seen.lock().unwrap().push(line);
                inner.clone().oneshot(request)
            })
        })
    };
    let client = builder(&script).layer(layer).build().unwrap();
    client
        .service(SERVICE)
        .post("/x")
        .query("q", "a b")
        .json(&[1])
        .send()
        .await
        .unwrap();
    let expected = (
        http::Method::POST,
        "http://a:1/x?q=a%20b".to_owned(),
        Some(b"[1]".to_vec()),
    );
    assert_eq!(*seen.lock().unwrap(), [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_hangs_is_ended_by_the_attempt_timeout() {
    let script = answering();
    let layer = layer_fn(|_: TransportService| {
        service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, BoxError>>())
    });
    let client = builder(&script).layer(layer).build().unwrap();
    let (outcome, time) = timed(post(&client)).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Timeout);
    assert_between(time, ms(500), ms(501));
    assert_idle(&client, &script);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_concurrency_is_shared_by_all_calls() {
    let script = Script::new().instance(A, Step::reply(200).after(ms(100)));
    let layer = tower::limit::GlobalConcurrencyLimitLayer::new(2);
    let client = builder(&script).layer(layer).build().unwrap();
    let calls = (0..6).map(|_| get(&client));
    let (outcomes, time) = timed(futures_util::future::join_all(calls)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_between(time, ms(300), ms(303));
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_panics_takes_its_call_with_it_and_nothing_else() {
    let script = answering();
    let layer = layer_fn(|inner: TransportService| {
        service_fn(move |request: Request<Body>| {
            assert!(request.uri().path() != "/panic", "as the test wants it");
            inner.clone().oneshot(request)
        })
    });
    let client = builder(&script).layer(layer).build().unwrap();
    let call = client.service(SERVICE).get("/panic").send();
    assert!(std::panic::AssertUnwindSafe(call).catch_unwind().await.is_err());
    assert_idle(&client, &script);
    assert!(get(&client).await.is_ok());
    assert_eq!(client.metrics().services[SERVICE].cancelled_calls, 1);
    assert_eq!(client.shutdown(ms(0)).await.abandoned, 0);
}
