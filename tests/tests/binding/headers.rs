//! Headers from arguments, from the method, from the service.

use serde::Serialize;
use trunkline::{CallOptions, ErrorKind, Result, service};
use trunkline_tests::echo::{self, Echo};

#[derive(Serialize)]
struct Pair {
    a: u8,
}

#[service("headers", header("X-Client" = "service"), header("X-Both" = "service"))]
trait Headers {
    #[get("/h")]
    #[header("X-Reason" = "a b")]
    #[header("X-Both" = "method")]
    async fn fixed(&self) -> Result<Echo>;

    #[get("/h")]
    async fn plain(&self) -> Result<Echo>;

    #[get("/h")]
    #[header("X-Value" = "method")]
    async fn any<T: Serialize + ?Sized>(&self, #[header("X-Value")] value: &T) -> Result<Echo>;

    #[post("/h")]
    #[header("Content-Type" = "application/merge-patch+json")]
    async fn typed(&self, body: &str) -> Result<Echo>;

    #[post("/h")]
    async fn typed_by_argument(
        &self,
        #[header("Content-Type")] kind: &str,
        #[body] body: String,
    ) -> Result<Echo>;

    #[get("/h")]
    async fn tenant(
        &self,
        #[header("X-Tenant")] tenant: Option<&str>,
        #[header("X-Tenant")] more: &[u8],
    ) -> Result<Echo>;
}

async fn headers() -> HeadersClient {
    HeadersClient::new(&echo::client("headers").await)
}

#[tokio::test]
async fn static_headers_go_along_and_the_methods_own_wins() -> Result<()> {
    let headers = headers().await;
    let arrived = headers.fixed().await?;
    assert_eq!(arrived.headers("x-client"), ["service"]);
    assert_eq!(arrived.headers("x-reason"), ["a b"]);
    assert_eq!(arrived.headers("x-both"), ["method"]);
    assert_eq!(headers.plain().await?.headers("x-both"), ["service"]);
    Ok(())
}

async fn check<T: Serialize + Sync + Send + ?Sized>(value: &T, expected: &[&str]) {
    let arrived = headers().await.any(value).await.expect("it can be sent");
    assert_eq!(arrived.headers("x-value"), expected);
}

#[tokio::test]
async fn an_argument_replaces_the_static_header_of_its_name() {
    check("argument", &["argument"]).await;
    check("", &[""]).await;
    check(&7, &["7"]).await;
    check(&true, &["true"]).await;
    check("a\tb", &["a\tb"]).await;
}

#[tokio::test]
async fn a_sequence_is_several_headers_of_the_name() {
    check(&["a", "b,c"], &["a", "b,c"]).await;
    check(&[Some(1), None, Some(3)], &["1", "3"]).await;
}

#[tokio::test]
async fn nothing_leaves_the_static_header_as_it_is() {
    check(&None::<u8>, &["method"]).await;
    check(&Vec::<u8>::new(), &["method"]).await;
}

#[tokio::test]
async fn several_arguments_may_have_one_name() -> Result<()> {
    let headers = headers().await;
    assert_eq!(
        headers.tenant(Some("a"), &[1, 2]).await?.headers("x-tenant"),
        ["a", "1", "2"]
    );
    assert_eq!(headers.tenant(None, &[]).await?.header("x-tenant"), None);
    Ok(())
}

async fn check_refused<T: Serialize + Sync + Send + ?Sized>(value: &T, expected: &str) {
    let error = headers().await.any(value).await.expect_err(expected);
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Request, 0),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("header `X-Value`") && text.contains(expected),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "the value may be a secret: {text}");
}

#[tokio::test]
async fn an_illegal_value_is_an_error_of_the_call_and_never_dropped() {
    check_refused("hunter2\r\nX-Admin: 1", "visible ASCII").await;
    check_refused("hunter2\0", "visible ASCII").await;
    check_refused("hünter2", "visible ASCII").await;
    check_refused(" hunter2", "white space").await;
    check_refused("hunter2\t", "white space").await;
    check_refused(&["ok", "hunter2\n"], "visible ASCII").await;
}

#[tokio::test]
async fn a_struct_or_a_deeper_list_is_no_header() {
    check_refused(&Pair { a: 1 }, "a struct cannot be sent here").await;
    check_refused(&[[1]], "has a sequence as an element").await;
}

#[tokio::test]
async fn the_content_type_is_the_callers_where_it_says_one() -> Result<()> {
    let headers = headers().await;
    let arrived = headers.typed_by_argument("text/csv", "a,b".into()).await?;
    assert_eq!(arrived.headers("content-type"), ["text/csv"]);
    let arrived = headers.typed("x").await?;
    assert_eq!(arrived.headers("content-type"), ["application/merge-patch+json"]);
    Ok(())
}

#[tokio::test]
async fn a_header_of_the_call_wins_over_all() -> Result<()> {
    let options = CallOptions::new()
        .header("x-both", "call")
        .header("X-VALUE", "call");
    let headers = headers().await.with(options);
    assert_eq!(headers.fixed().await?.headers("x-both"), ["call"]);
    assert_eq!(headers.any("argument").await?.headers("x-value"), ["call"]);
    Ok(())
}

#[tokio::test]
async fn a_services_content_type_is_for_bodies_that_have_none() -> Result<()> {
    #[service("headers", header("Content-Type" = "text/plain"))]
    trait Typed {
        #[post("/json")]
        async fn json(&self, body: &str) -> Result<Echo>;
        #[post("/raw")]
        async fn raw(&self, #[body] body: String) -> Result<Echo>;
    }
    let typed = TypedClient::new(&echo::client("headers").await);
    assert_eq!(
        typed.json("x").await?.headers("content-type"),
        ["application/json"]
    );
    assert_eq!(
        typed.raw("x".into()).await?.headers("content-type"),
        ["text/plain"]
    );
    Ok(())
}
