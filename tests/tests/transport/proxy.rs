//! Through a proxy, and only through it.

use trunkline::{Client, ErrorKind};
use trunkline_tests::raw_tcp::{Act, RawServer, Refusing, response};
use trunkline_tests::reference::{SERVICE, get, post, reference};

async fn ok() -> RawServer {
    RawServer::always([Act::Send(response("200 OK", &[], "1"))]).await
}

fn client(url: &str, proxy: &str) -> Client {
    Client::builder()
        .service(SERVICE, reference().url(url))
        .proxy(proxy)
        .build()
        .unwrap()
}

#[tokio::test]
async fn requests_go_to_the_proxy_with_their_whole_address() {
    let proxy = ok().await;
    let client = client("http://orders.internal:8080", &proxy.url());
    assert!(get(&client).await.is_ok());
    let requests = proxy.requests();
    let line = requests[0].head.lines().next().unwrap();
    assert_eq!(line, "GET http://orders.internal:8080/x HTTP/1.1");
    assert_eq!(requests[0].header("host"), Some("orders.internal:8080"));
}

#[tokio::test]
async fn the_proxy_s_password_goes_to_the_proxy() {
    let proxy = ok().await;
    let with_password = proxy.url().replace("http://", "http://user:pass@");
    let client = client("http://orders.internal:8080", &with_password);
    assert!(get(&client).await.is_ok());
    let requests = proxy.requests();
    assert_eq!(
        requests[0].header("proxy-authorization"),
        Some("Basic dXNlcjpwYXNz")
    );
}

#[tokio::test]
async fn https_goes_through_a_tunnel() {
    let proxy = RawServer::always([Act::Send(response("403 Forbidden", &[], ""))]).await;
    let client = client("https://orders.internal", &proxy.url());
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    let line = proxy.requests()[0].head.lines().next().unwrap().to_owned();
    assert_eq!(line, "CONNECT orders.internal:443 HTTP/1.1");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_no_connection() {
    let dead = Refusing::port();
    let error = post(&client("http://orders.internal", &dead.url()))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
}

#[test]
fn a_proxy_that_is_no_address_is_an_error_without_its_password() {
    let outcome = Client::builder().proxy("http://user:hunter2@").build();
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn the_error_of_a_call_does_not_show_the_proxy_s_password() {
    let dead = Refusing::port();
    let with_password = dead.url().replace("http://", "http://user:hunter2@");
    let error = post(&client("http://orders.internal", &with_password))
        .await
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}
