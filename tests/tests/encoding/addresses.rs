//! Base URLs and prefixes, with and without paths and slashes.

use trunkline::{Client, ErrorKind, Result, ServiceConfig, service};
use trunkline_tests::echo::{self, Echo};
use trunkline_tests::server::{client_of, serve};

#[service("plain")]
trait Plain {
    #[get("/v1/{id}")]
    async fn get(&self, id: &str) -> Result<Echo>;

    #[get("/")]
    async fn root(&self) -> Result<Echo>;

    #[get("/trailing/")]
    async fn trailing(&self) -> Result<Echo>;
}

/// What follows the port of a base URL, and the path that then arrives for `/v1/{id}`.
const BASES: [(&str, &str); 12] = [
    ("", "/v1/x"),
    ("/", "/v1/x"),
    ("/base", "/base/v1/x"),
    ("/base/", "/base/v1/x"),
    ("/a/b", "/a/b/v1/x"),
    ("/a/b/", "/a/b/v1/x"),
    ("/a%20b", "/a%20b/v1/x"),
    ("/%C3%A9/", "/%C3%A9/v1/x"),
    ("/v1", "/v1/v1/x"),
    ("/v1/", "/v1/v1/x"),
    ("/a;b=c", "/a;b=c/v1/x"),
    ("/~user", "/~user/v1/x"),
];

#[tokio::test]
async fn a_base_url_keeps_its_path_and_its_slashes_never_double() -> Result<()> {
    let server = serve(echo::router()).await;
    for (base, expected) in BASES {
        let plain = PlainClient::new(&client_of("plain", &format!("{server}{base}")));
        assert_eq!(plain.get("x").await?.path, expected, "{base:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_too_long_is_not_shown() {
    // Each is allowed; together they are longer than a URI may be.
    let url = format!("http://a:1/{}", "b".repeat(600));
    let id = format!("secret{}", "x".repeat(64_980));
    let error = PlainClient::new(&client_of("plain", &url))
        .get(&id)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("`/v1/{id}` with its arguments makes no address"),
        "{text}"
    );
    assert!(text.len() < 2500 && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn the_root_and_a_trailing_slash_stay() -> Result<()> {
    let server = serve(echo::router()).await;
    for (base, root, trailing) in [
        ("", "/", "/trailing/"),
        ("/", "/", "/trailing/"),
        ("/base", "/base/", "/base/trailing/"),
        ("/base/", "/base/", "/base/trailing/"),
    ] {
        let plain = PlainClient::new(&client_of("plain", &format!("{server}{base}")));
        assert_eq!(plain.root().await?.path, root, "{base:?}");
        assert_eq!(plain.trailing().await?.path, trailing, "{base:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_prefix_is_joined_by_segments() -> Result<()> {
    #[service("prefixed", prefix = "/api/v1")]
    trait Bare {
        #[get("/models/{id}")]
        async fn get(&self, id: &str, page: u32) -> Result<Echo>;
    }
    #[service("prefixed", prefix = "/api/v1/")]
    trait Slashed {
        #[get("/models/{id?}")]
        async fn get(&self, id: Option<&str>) -> Result<Echo>;
    }
    #[service("prefixed", prefix = "/")]
    trait Root {
        #[get("/models/{rest*}")]
        async fn get(&self, rest: &str) -> Result<Echo>;
    }
    #[service("prefixed", prefix = "/api")]
    trait Repeated {
        #[get("/api/{id}")]
        async fn get(&self, id: &str) -> Result<Echo>;
    }
    let server = serve(echo::router()).await;
    for (base, below) in [("", ""), ("/", ""), ("/base", "/base"), ("/base/", "/base")] {
        let client = client_of("prefixed", &format!("{server}{base}"));
        let arrived = BareClient::new(&client).get("a/b", 2).await?;
        assert_eq!(arrived.path, format!("{below}/api/v1/models/a%2Fb"));
        assert_eq!(arrived.pairs(), [("page", "2")]);
        let arrived = SlashedClient::new(&client).get(None).await?;
        assert_eq!(arrived.path, format!("{below}/api/v1/models"));
        let arrived = RootClient::new(&client).get("a/b").await?;
        assert_eq!(arrived.path, format!("{below}/models/a/b"));
        let arrived = RepeatedClient::new(&client).get("x").await?;
        assert_eq!(arrived.path, format!("{below}/api/api/x"), "never lost");
    }
    Ok(())
}

#[test]
fn an_address_that_would_be_read_as_another_is_refused() {
    for url in [
        "127.0.0.1:80",
        "ftp://a",
        "http://",
        "http:///a",
        "http://a b",
        "http://a/b?c=d",
        "http://a/#b",
        "http://a\\b",
        "http://user:hunter2@a",
        "http://a:99999",
        "//a/b",
        "",
    ] {
        let error = Client::builder()
            .service("plain", ServiceConfig::new().url(url))
            .build()
            .expect_err(url);
        assert_eq!(error.kind(), ErrorKind::Config, "{url:?}");
        let text = error.to_string();
        assert!(
            text.contains("service `plain`: `url`") && text.contains("expected"),
            "{url:?}: {text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
    }
}
