//! Calls without a trait.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use trunkline::testing::{Script, Step};
use trunkline::{Backoff, CallOptions, Client, ErrorKind, Page, Reply, Result, ServiceClient, Text};
use trunkline_tests::echo::{self, Echo};
use trunkline_tests::scripted::{self, A, ms, script};

async fn orders() -> ServiceClient {
    echo::client("orders").await.service("orders")
}

#[tokio::test]
async fn path_values_go_by_name_in_any_order() -> Result<()> {
    let orders = orders().await;
    let call = orders.get("/o/{id}/l/{line}/{rest*}").path("rest", "x/y z");
    let arrived: Echo = call
        .query("page", 1)
        .path("line", 2)
        .path("id", "a/b")
        .fetch()
        .await?;
    assert_eq!(
        (arrived.path.as_str(), arrived.raw_query.as_deref()),
        ("/o/a%2Fb/l/2/x/y%20z", Some("page=1"))
    );
    let arrived: Echo = orders.get("/o/{id?}/tail").fetch().await?;
    assert_eq!(arrived.path, "/o/tail");
    let arrived: Echo = orders.get("/o/{id?}/tail").path("id", 7).fetch().await?;
    assert_eq!(arrived.path, "/o/7/tail");
    Ok(())
}

#[tokio::test]
async fn query_header_and_bodies_follow_the_rules_of_methods() -> Result<()> {
    let orders = orders().await;
    let fields = BTreeMap::from([("b", "x y"), ("c", "é")]);
    let call = orders
        .get("/o")
        .query("a", [1, 2])
        .query("none", None::<u8>)
        .query("spread", &fields);
    let arrived: Echo = call.header("X-Tenant", "a").fetch().await?;
    assert_eq!(arrived.raw_query.as_deref(), Some("a=1&a=2&b=x%20y&c=%C3%A9"));
    assert_eq!(arrived.headers("x-tenant"), ["a"]);
    let arrived: Echo = orders.post("/o").json(&json!({ "a": 1 })).fetch().await?;
    assert_eq!(
        (arrived.body.as_str(), arrived.headers("content-type")),
        (r#"{"a":1}"#, vec!["application/json"])
    );
    let arrived: Echo = orders.put("/o").form(&fields).fetch().await?;
    assert_eq!(arrived.body, "b=x%20y&c=%C3%A9");
    let call = orders
        .patch("/o")
        .body("raw")
        .header("content-type", "text/plain");
    let arrived: Echo = call.fetch().await?;
    assert_eq!(
        (arrived.body.as_str(), arrived.headers("content-type")),
        ("raw", vec!["text/plain"])
    );
    Ok(())
}

#[tokio::test]
async fn every_verb_is_sent_as_it_is() -> Result<()> {
    let orders = orders().await;
    for (call, method) in [
        (orders.get("/o"), "GET"),
        (orders.post("/o"), "POST"),
        (orders.put("/o"), "PUT"),
        (orders.patch("/o"), "PATCH"),
        (orders.delete("/o"), "DELETE"),
        (orders.request(Method::OPTIONS, "/o"), "OPTIONS"),
        (orders.request("PURGE".parse().expect("a method"), "/o"), "PURGE"),
    ] {
        assert_eq!(call.fetch::<Echo>().await?.method, method);
    }
    assert_eq!(orders.head("/o").send().await?.bytes().len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_one_line_form_is_the_same_call() -> Result<()> {
    let client = echo::client("orders").await;
    let reply = client
        .call("orders", Method::POST, "/o/{id}")
        .path("id", 7)
        .json(&[1])
        .send()
        .await?;
    let arrived: Echo = reply.json()?;
    assert_eq!(
        (
            arrived.method.as_str(),
            arrived.path.as_str(),
            arrived.body.as_str()
        ),
        ("POST", "/o/7", "[1]")
    );
    Ok(())
}

#[tokio::test]
async fn a_call_can_be_awaited_without_send_and_spawned() -> Result<()> {
    let orders = orders().await;
    let reply = orders.get("/o").await?;
    assert_eq!(reply.status(), 200);
    let task = tokio::spawn(orders.get("/spawned").into_future());
    let arrived: Echo = task.await.expect("no panic")?.json()?;
    assert_eq!(arrived.path, "/spawned");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn fetch_reads_any_reply_that_a_method_may_return() -> Result<()> {
    let page = json!({ "items": [1], "total": 1, "page": 1, "size": 2 });
    let script = script([
        Step::json(200, &page),
        Step::text(200, "pong"),
        Step::reply(204),
        Step::json(201, &7),
    ]);
    let orders = scripted::client("orders", &script).service("orders");
    assert_eq!(orders.get("/x").fetch::<Page<u8>>().await?.items, [1]);
    assert_eq!(&*orders.get("/x").fetch::<Text>().await?, "pong");
    assert_eq!(orders.get("/x").fetch::<Option<Value>>().await?, None);
    let reply = orders.get("/x").fetch::<Reply<u8>>().await?;
    assert_eq!((reply.status().as_u16(), reply.into_inner()), (201, 7));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_reply_is_read_as_json_text_or_bytes() -> Result<()> {
    let script = script(Step::json(200, &json!({ "id": 7 })).header("x-a", "1"));
    let reply = scripted::client("orders", &script)
        .service("orders")
        .get("/x")
        .send()
        .await?;
    assert_eq!(reply.json::<Value>()?, json!({ "id": 7 }));
    assert_eq!((reply.text()?.as_str(), reply.bytes().len()), (r#"{"id":7}"#, 8));
    assert_eq!(reply.headers()["x-a"], "1");
    let error = reply.json::<Vec<u8>>().expect_err("an object is no list");
    assert_eq!(error.kind(), ErrorKind::Decode);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_bad_header_is_an_error_of_the_call() {
    let script = script(Step::reply(204));
    let orders = scripted::client("orders", &script).service("orders");
    for (name, value) in [("x-a", "a\nb"), ("x-a", "é"), ("x-a", " a"), ("a b", "c")] {
        let error = orders.get("/x").header(name, value).send().await.expect_err(name);
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    }
    assert_eq!(script.dials(A), 0, "nothing is sent");
}

#[tokio::test(start_paused = true)]
async fn what_an_attempt_writes_is_no_header_of_the_call() {
    let script = script(Step::reply(204));
    let orders = scripted::client("orders", &script).service("orders");
    for name in ["x-request-timeout-ms", "X-Retry-Attempt"] {
        let with = orders.with(CallOptions::new().header(name, "7"));
        for call in [orders.get("/x").header(name, "7"), with.get("/x")] {
            let error = call.send().await.expect_err(name);
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
            let expected = format!("`{}` is written by each attempt of a call", name.to_lowercase());
            assert!(error.to_string().contains(&expected), "{error}");
        }
    }
    assert_eq!(script.dials(A), 0, "nothing is sent");
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_the_path_is_named_and_nothing_is_sent() {
    let script = script(Step::reply(204));
    let orders = scripted::client("orders", &script).service("orders");
    for (call, expected) in [
        (orders.get("/o/{id}"), "path parameter `id`: no value was given"),
        (
            orders.get("/o/{id}").path("di", 7),
            "path parameter `di`: `/o/{id}` has no such placeholder; it has `id`",
        ),
        (
            orders.get("/o").path("id", 7),
            "path parameter `id`: `/o` has no placeholders",
        ),
        (
            orders.get("/o/{id}").path("id", 7).path("id", 8),
            "path parameter `id`: it was given twice",
        ),
        (orders.get("/o/{id}").path("id", ""), "path parameter `id`"),
        (orders.get("/o/{id}").path("id", ".."), "path parameter `id`"),
        (orders.get("/o/{id"), "path template `/o/{id`: unbalanced braces"),
        (orders.get("o"), "path template `o`: a path starts with `/`"),
        (orders.get("/o?a=1"), "query parameters are arguments"),
        (orders.get("/o/../x"), "would change which path is reached"),
        (
            orders.get("/o").query("q", BTreeMap::from([("a", [[1]])])),
            "query parameter `q`",
        ),
        (
            orders.post("/o").json(&BTreeMap::from([((1, 2), 3)])),
            "key must be a string",
        ),
        (orders.post("/o").form(&7), "a form is a struct or a map"),
    ] {
        let error = call.send().await.expect_err(expected);
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Request, 0),
            "{error}"
        );
        assert!(
            error.to_string().contains(expected),
            "`{expected}` is not in: {error}"
        );
    }
    assert_eq!(script.dials(A), 0);
}

#[tokio::test(start_paused = true)]
async fn the_first_of_several_mistakes_is_told() {
    let orders = scripted::client("orders", &Script::new()).service("orders");
    let call = orders
        .get("/o/{id}")
        .path("nope", 1)
        .query("q", [[1]])
        .timeout(ms(0));
    let error = call.send().await.expect_err("three mistakes");
    assert_eq!(error.kind(), ErrorKind::Request, "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_error_names_service_and_template() {
    let script = script(Step::json(404, &json!({ "detail": "no such order" })));
    let client: Client = scripted::client("orders", &script);
    let call = client.service("orders").get("/o/{id}").path("id", "secret");
    let error = call.send().await.expect_err("404");
    assert_eq!(
        (error.service(), error.endpoint()),
        (Some("orders"), Some("GET /o/{id}"))
    );
    let text = error.to_string();
    assert!(
        text.starts_with("orders.GET /o/{id}: 404 Not Found: no such order"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_call_has_the_options_of_its_own() -> Result<()> {
    let script = script(Step::reply(500));
    let orders = scripted::client("orders", &script).service("orders");
    let hits = async |call: trunkline::CallBuilder| {
        let before = script.hits(A);
        call.breaker(false).send().await.expect_err("500");
        script.hits(A) - before
    };
    assert_eq!(hits(orders.get("/x")).await, 4);
    assert_eq!(hits(orders.get("/x").retries(1).backoff(Backoff::Fixed)).await, 2);
    assert_eq!(hits(orders.post("/x")).await, 1);
    assert_eq!(hits(orders.post("/x").idempotency_key("k")).await, 4);
    script.change(A, Step::hang());
    let error = orders
        .get("/x")
        .timeout(ms(50))
        .send()
        .await
        .expect_err("it hangs");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    let error = orders
        .post("/x")
        .attempt_timeout(ms(50))
        .send()
        .await
        .expect_err("it hangs");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_may_go_to_another_address() -> Result<()> {
    let script = Script::new()
        .instance(A, Step::reply(500))
        .instance("http://b:1", Step::reply(204));
    let client = scripted::client("orders", &script);
    let call = client
        .service("orders")
        .get("/o/{id}")
        .path("id", 7)
        .base_url("http://b:1/base");
    call.send().await?;
    assert_eq!(script.requests()[0].path(), "/base/o/7");
    assert_eq!(client.metrics().services["orders@http://b:1/base"].total_calls, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn two_ways_to_write_an_address_are_one_service() -> Result<()> {
    let script = script(Step::reply(200));
    let client = scripted::client("orders", &script);
    for address in [A.to_owned(), format!("{A}/"), A.to_uppercase()] {
        client
            .service("orders")
            .get("/o")
            .base_url(address)
            .send()
            .await?;
    }
    let services = client.metrics().services;
    let names: Vec<_> = services.keys().filter(|name| name.contains('@')).collect();
    assert_eq!(names, [&format!("orders@{A}")]);
    assert_eq!(services[names[0]].total_calls, 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_has_one_body_and_a_get_none() {
    let script = script(Step::reply(200));
    let orders = scripted::client("orders", &script).service("orders");
    let calls = [
        (orders.post("/o").json(&1).form(&[("a", 1)]), "one body"),
        (orders.put("/o").body("x").json(&1), "one body"),
        (orders.patch("/o").json(&1).json(&2), "one body"),
        (orders.get("/o").json(&1), "`GET` has no body"),
        (orders.head("/o").body("x"), "`HEAD` has no body"),
    ];
    for (call, expected) in calls {
        let error = call.send().await.expect_err(expected);
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.message().contains(expected), "{error}");
    }
    assert_eq!(script.hits(A), 0);
    assert!(orders.delete("/o").json(&1).send().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn connect_is_no_method_of_a_call() {
    let script = script(Step::reply(200));
    let call = scripted::client("orders", &script)
        .service("orders")
        .request(Method::CONNECT, "/o");
    let error = call.send().await.expect_err("it has no path");
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.message().contains("CONNECT"), "{error}");
    assert_eq!(script.hits(A), 0);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_no_header_is_an_error_that_says_what_is() {
    let script = script(Step::reply(200));
    for name in ["größe", "two words", ""] {
        let call = scripted::client("orders", &script)
            .service(name)
            .get("/o")
            .base_url(A);
        let error = call.send().await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("visible ASCII"), "{error}");
        let error = Client::builder().name(name).build().expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("client's own name"), "{error}");
    }
    assert_eq!(script.hits(A), 0);
}
