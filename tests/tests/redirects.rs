//! Redirects: which are followed, how far, and what goes along.

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::get as on_get;
use bytes::Bytes;
use futures_util::stream;
use http::Method;
use trunkline::testing::{Recorded, Script, Step};
use trunkline::{Body, Client, ErrorKind, ServiceConfig};
use trunkline_tests::clock::{assert_between, ms, timed};
use trunkline_tests::reference::{A, B, C, SERVICE, assert_idle, client, get, post, reference};
use trunkline_tests::server::serve;

fn to(status: u16, location: &str) -> Step {
    Step::reply(status).header("location", location)
}

/// A client of A, which redirects once to B; B answers.
fn redirected(status: u16) -> (Script, Client) {
    let script = Script::new()
        .instance(A, to(status, "http://b:1/there"))
        .instance(B, Step::reply(200));
    let client = client(&script, reference().url(A));
    (script, client)
}

async fn check(status: u16, followed: &[Method]) {
    for method in [
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ] {
        let (script, client) = redirected(status);
        let call = client.service(SERVICE).request(method.clone(), "/x");
        let status_code = match call.send().await {
            Ok(reply) => reply.status().as_u16(),
            Err(error) => error.status_code().unwrap(),
        };
        let expected = if followed.contains(&method) { 200 } else { status };
        assert_eq!(status_code, expected, "{method} {status}");
        let arrived = script.requests_to(B);
        assert!(
            arrived
                .iter()
                .all(|request| *request.method() == method && request.path() == "/there"),
            "{method} {status}"
        );
        assert_idle(&client, &script);
    }
}

#[tokio::test(start_paused = true)]
async fn get_and_head_follow_301_302_and_303() {
    for status in [301, 302, 303] {
        check(status, &[Method::GET, Method::HEAD]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_method_follows_307_and_308() {
    let all = [
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    for status in [307, 308] {
        check(status, &all).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_other_3xx_is_followed() {
    for status in [300, 304, 305, 306, 309, 399] {
        check(status, &[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_is_sent_again_on_307_and_308() {
    for status in [307, 308] {
        let (script, client) = redirected(status);
        post(&client).await.unwrap();
        let arrived = &script.requests_to(B)[0];
        assert_eq!(arrived.body(), "1");
        assert_eq!(arrived.header("content-type"), Some("application/json"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_streamed_body_is_not_redirected() {
    let (script, client) = redirected(307);
    let body = Body::stream(stream::iter([Ok::<_, std::io::Error>(Bytes::from("piece"))]));
    let call = client.service(SERVICE).post("/x").body(body);
    assert_eq!(call.send().await.unwrap_err().status_code(), Some(307));
    assert_eq!((script.hits(A), script.hits(B)), (1, 0));
}

/// Where a Location leads from `http://a:1/base/x`.
async fn lead(location: &str) -> Option<String> {
    let location = location.to_owned();
    let step = Step::answer(move |request| match request.path() {
        "/base/x" => to(302, &location),
        _ => Step::reply(200),
    });
    let script = Script::new().instance(A, step.clone()).instance(B, step);
    let client = client(&script, reference().url(format!("{A}/base")));
    get(&client).await.ok()?;
    script.requests().last().map(|request| request.uri().to_string())
}

#[tokio::test(start_paused = true)]
async fn a_location_is_read_from_where_it_was_said() {
    for (location, expected) in [
        ("http://b:1/y", "http://b:1/y"),
        ("/y?q=1", "http://a:1/y?q=1"),
        ("y", "http://a:1/base/y"),
        ("../y", "http://a:1/y"),
        ("//b:1/y", "http://b:1/y"),
        ("/y#fragment", "http://a:1/y"),
        ("HTTP://B:1/y", "http://b:1/y"),
    ] {
        assert_eq!(lead(location).await.as_deref(), Some(expected), "{location}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_location_that_leads_nowhere_is_an_answer() {
    for location in [
        "ftp://b:1/y",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://b:99999/",
    ] {
        let script = Script::new().instance(A, to(302, location));
        let client = client(&script, reference().url(A));
        let error = get(&client).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status_code()),
            (ErrorKind::Status, Some(302)),
            "{location}"
        );
        assert_eq!(script.hits(A), 1, "{location}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_without_a_location_is_an_answer() {
    let script = Script::new().instance(A, Step::reply(302));
    let client = client(&script, reference().url(A));
    assert_eq!(get(&client).await.unwrap_err().status_code(), Some(302));
}

/// A client whose redirects go round for ever.
fn round_and_round(config: ServiceConfig) -> (Script, Client) {
    let script = Script::new().instance(A, to(302, "/x"));
    let client = client(&script, config.url(A));
    (script, client)
}

#[tokio::test(start_paused = true)]
async fn a_loop_ends_after_ten() {
    let (script, client) = round_and_round(reference());
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert!(error.message().contains("more than 10 times"), "{error}");
    assert_eq!(script.hits(A), 11);
}

#[tokio::test(start_paused = true)]
async fn ten_redirects_are_followed() {
    let mut steps = vec![to(302, "/x"); 10];
    steps.push(Step::reply(200));
    let script = Script::new().instance(A, steps);
    let client = client(&script, reference().url(A));
    assert!(get(&client).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_settings_say_how_many() {
    let (script, client) = round_and_round(reference().redirects(2));
    assert!(
        get(&client)
            .await
            .unwrap_err()
            .message()
            .contains("more than 2 times")
    );
    assert_eq!(script.hits(A), 3);
}

#[tokio::test(start_paused = true)]
async fn none_at_all_makes_a_redirect_an_answer() {
    let (script, client) = round_and_round(reference().redirects(0));
    let error = get(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Status, Some(302))
    );
    assert_eq!(script.hits(A), 1);
}

#[tokio::test(start_paused = true)]
async fn a_loop_does_not_open_the_breaker() {
    let (_script, client) = round_and_round(reference());
    for _ in 0..10 {
        assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::Transport);
    }
}

#[tokio::test(start_paused = true)]
async fn all_redirects_are_within_one_attempt() {
    let script = Script::new().instance(A, to(302, "/x").after(ms(200)));
    let client = client(&script, reference().url(A).no_retry());
    let (outcome, time) = timed(get(&client)).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    assert_between(time, ms(500), ms(501));
}

#[tokio::test(start_paused = true)]
async fn a_retry_begins_at_the_instance_again() {
    let script = Script::new()
        .instance(A, to(307, "http://b:1/there"))
        .instance(B, [Step::reply(500), Step::reply(200)]);
    let client = client(&script, reference().url(A));
    assert!(get(&client).await.is_ok());
    assert_eq!((script.hits(A), script.hits(B)), (2, 2));
}

const SECRETS: [&str; 6] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "x-api-secret",
    "x-internal-token",
];

fn secrets(request: &Recorded) -> Vec<&str> {
    let carried = |name: &&&str| request.headers().contains_key(**name);
    SECRETS.iter().filter(carried).copied().collect()
}

/// A call with every credential there is, along these steps; what each request carried.
async fn carried(script: &Script) -> Vec<usize> {
    let client = client(script, reference().url(A));
    let mut call = client.service(SERVICE).get("/x").header("accept-language", "de");
    for name in SECRETS {
        call = call.header(name, "secret");
    }
    call.send().await.unwrap();
    let requests = script.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.header("accept-language") == Some("de"))
    );
    requests.iter().map(|request| secrets(request).len()).collect()
}

#[tokio::test(start_paused = true)]
async fn credentials_stay_with_their_server() {
    let script = Script::new()
        .instance(A, to(302, "http://b:1/y"))
        .instance(B, Step::reply(200));
    assert_eq!(carried(&script).await, [6, 0]);
}

#[tokio::test(start_paused = true)]
async fn credentials_go_along_on_the_same_server() {
    let script = Script::new().instance(A, [to(302, "/y"), Step::reply(200)]);
    assert_eq!(carried(&script).await, [6, 6]);
}

#[tokio::test(start_paused = true)]
async fn another_port_or_scheme_is_another_server() {
    for other in ["http://a:2", "https://a:1"] {
        let script = Script::new()
            .instance(A, to(302, other))
            .instance(other, Step::reply(200));
        assert_eq!(carried(&script).await, [6, 0], "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_do_not_come_back_on_the_way_home() {
    let script = Script::new()
        .instance(A, [to(302, "http://b:1/y"), Step::reply(200)])
        .instance(B, to(302, "http://a:1/chosen-by-b"));
    assert_eq!(carried(&script).await, [6, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn credentials_do_not_come_back_on_the_other_server() {
    let script = Script::new()
        .instance(A, to(302, "http://b:1/y"))
        .instance(B, [to(302, "/z"), Step::reply(200)]);
    assert_eq!(carried(&script).await, [6, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn configured_credentials_stay_too() {
    let configs: [fn(ServiceConfig) -> ServiceConfig; 5] = [
        |config| config.api_key("k"),
        |config| config.api_key_header("k"),
        |config| config.api_key_and_secret("k", "s"),
        |config| config.internal_token("t"),
        |config| config.header("Authorization", "Basic x").header("Cookie", "a=b"),
    ];
    for config in configs {
        let script = Script::new()
            .instance(A, to(302, "http://b:1/y"))
            .instance(B, Step::reply(200));
        let client = client(&script, config(reference().url(A)));
        get(&client).await.unwrap();
        let requests = script.requests();
        assert!(!secrets(&requests[0]).is_empty());
        assert_eq!(secrets(&requests[1]), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_a_redirect_carries_its_credentials_again() {
    let script = Script::new()
        .instance(A, to(307, "http://b:1/y"))
        .instance(B, [Step::reply(500), Step::reply(200)]);
    let client = client(&script, reference().url(A).api_key("k"));
    get(&client).await.unwrap();
    let counts: Vec<_> = script
        .requests()
        .iter()
        .map(|request| secrets(request).len())
        .collect();
    assert_eq!(counts, [1, 0, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_post_redirected_to_a_port_that_refuses_was_not_acted_on() {
    let script = Script::new()
        .instance(A, to(307, "http://c:1/y"))
        .instance(C, [Step::refuse(), Step::reply(200)]);
    let client = client(&script, reference().url(A));
    assert!(post(&client).await.is_ok());
    assert_eq!(script.dials(C), 2);
}

#[tokio::test(start_paused = true)]
async fn only_what_says_nothing_of_the_caller_goes_to_another_server() {
    let script = Script::new()
        .instance(A, to(307, "http://b:1/y"))
        .instance(B, Step::reply(200));
    let client = client(&script, reference().url(A).header("x-signed-by", "us"));
    let mut call = client.service(SERVICE).post("/x").json(&1).idempotency_key("k");
    for name in ["host", "x-auth", "x-csrf-token", "x-tenant", "baggage"] {
        call = call.header(name, "a=b");
    }
    call = call
        .header("accept", "application/json")
        .header("if-none-match", "*");
    call.send().await.unwrap();
    let names = |request: &Recorded| {
        let mut names: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    let requests = script.requests();
    for name in ["host", "x-auth", "x-signed-by", "baggage", "x-caller-service"] {
        assert!(names(&requests[0]).iter().any(|known| known == name), "{name}");
    }
    assert_eq!(
        names(&requests[1]),
        [
            "accept",
            "content-type",
            "idempotency-key",
            "if-none-match",
            "traceparent",
            "user-agent",
            "x-request-id",
            "x-request-timeout-ms",
            "x-trace-id",
        ]
    );
}

/// Fault 38: a redirect to another host, over real sockets.
#[tokio::test]
async fn credentials_are_not_sent_to_another_host() {
    let seen = |headers: HeaderMap| async move {
        let names = ["authorization", "cookie", "x-tenant", "range"];
        names
            .map(|name| u8::from(headers.contains_key(name)).to_string())
            .concat()
    };
    let elsewhere = serve(Router::new().route("/x", on_get(seen))).await;
    let location = format!("{elsewhere}/x");
    let redirect = move || async move { Redirect::temporary(&location) };
    let url = serve(
        Router::new()
            .route("/x", on_get(redirect))
            .route("/own", on_get(seen)),
    )
    .await;
    let config = reference().url(url).api_key("secret").header("cookie", "a=b");
    let client = Client::builder().service(SERVICE, config).build().unwrap();
    let call = |path| {
        client
            .service(SERVICE)
            .get(path)
            .header("x-tenant", "a")
            .header("range", "bytes=0-9")
    };
    assert_eq!(call("/x").await.unwrap().text().unwrap(), "0001");
    assert_eq!(call("/own").await.unwrap().text().unwrap(), "1111");
}
