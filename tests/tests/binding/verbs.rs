//! Which part of the request an argument without an attribute becomes, for each verb.

use serde_json::{Value, json};
use trunkline::{Reply, Result, service};
use trunkline_tests::echo::{self, Echo};

#[service("verbs")]
trait Verbs {
    #[get("/items/{id}")]
    async fn get(&self, id: u64, page: u32, tag: &str) -> Result<Echo>;

    #[delete("/items/{id}")]
    async fn delete(&self, id: u64, force: bool) -> Result<Echo>;

    #[options("/items")]
    async fn options(&self, verbose: bool) -> Result<Echo>;

    #[head("/items")]
    async fn head(&self, page: u32) -> Result<Reply<()>>;

    #[post("/items/{id}")]
    async fn post(&self, id: u64, item: &Value) -> Result<Echo>;

    #[put("/items/{id}")]
    async fn put(&self, id: u64, item: &Value) -> Result<Echo>;

    #[patch("/items/{id}")]
    async fn patch(&self, id: u64, item: &Value) -> Result<Echo>;

    #[post("/items")]
    async fn nothing(&self) -> Result<Echo>;

    #[request("PURGE", "/cache/{name}")]
    async fn purge(&self, name: &str, #[query] deep: bool) -> Result<Echo>;

    #[request("SEARCH", "/items")]
    async fn search(&self, #[json] filter: &Value) -> Result<Echo>;

    #[get("/a/{item_id}/{other}")]
    async fn renamed(&self, #[path("item_id")] id: u64, #[path] other: char) -> Result<Echo>;
}

async fn verbs() -> VerbsClient {
    VerbsClient::new(&echo::client("verbs").await)
}

fn check_query(arrived: &Echo, method: &str, path: &str, query: &str) {
    assert_eq!((arrived.method.as_str(), arrived.path.as_str()), (method, path));
    assert_eq!(arrived.raw_query.as_deref(), Some(query));
    assert_eq!(arrived.body, "", "a {method} has no body here");
    assert_eq!(arrived.header("content-type"), None, "nor a type of it");
}

#[tokio::test]
async fn left_over_arguments_of_verbs_without_a_body_are_query_parameters() -> Result<()> {
    let verbs = verbs().await;
    check_query(
        &verbs.get(7, 2, "a b").await?,
        "GET",
        "/items/7",
        "page=2&tag=a%20b",
    );
    check_query(&verbs.delete(7, true).await?, "DELETE", "/items/7", "force=true");
    check_query(&verbs.options(false).await?, "OPTIONS", "/items", "verbose=false");
    Ok(())
}

#[tokio::test]
async fn a_head_is_sent_as_one_and_has_no_body_to_read() -> Result<()> {
    let reply = verbs().await.head(3).await?;
    assert_eq!(reply.status(), 200);
    let length = reply.headers()["content-length"].to_str().expect("digits");
    assert_ne!(length, "0", "the server would have answered a GET with a body");
    Ok(())
}

fn check_json(arrived: &Echo, method: &str) {
    assert_eq!(
        (arrived.method.as_str(), arrived.path.as_str()),
        (method, "/items/7")
    );
    assert_eq!(arrived.json::<Value>(), json!({ "name": "é", "n": [1, null] }));
    assert_eq!(arrived.headers("content-type"), ["application/json"]);
    assert_eq!(arrived.raw_query, None);
}

#[tokio::test]
async fn the_left_over_argument_of_a_verb_with_a_body_is_json() -> Result<()> {
    let (verbs, item) = (verbs().await, json!({ "name": "é", "n": [1, null] }));
    check_json(&verbs.post(7, &item).await?, "POST");
    check_json(&verbs.put(7, &item).await?, "PUT");
    check_json(&verbs.patch(7, &item).await?, "PATCH");
    Ok(())
}

#[tokio::test]
async fn a_post_without_arguments_has_an_empty_body_and_says_so() -> Result<()> {
    let arrived = verbs().await.nothing().await?;
    assert_eq!(
        (arrived.body.as_str(), arrived.header("content-type")),
        ("", None)
    );
    assert_eq!(arrived.header("content-length"), Some("0"));
    Ok(())
}

#[tokio::test]
async fn any_other_method_takes_what_attributes_say() -> Result<()> {
    let verbs = verbs().await;
    check_query(&verbs.purge("a", true).await?, "PURGE", "/cache/a", "deep=true");
    let arrived = verbs.search(&json!({ "q": 1 })).await?;
    assert_eq!(
        (arrived.method.as_str(), arrived.body.as_str()),
        ("SEARCH", r#"{"q":1}"#)
    );
    Ok(())
}

#[tokio::test]
async fn a_path_parameter_may_have_another_name() -> Result<()> {
    assert_eq!(verbs().await.renamed(7, '/').await?.path, "/a/7/%2F");
    Ok(())
}
