//! Path values, one by one.

use trunkline::{ErrorKind, Result, service};
use trunkline_tests::echo::{self, Echo};

#[service("paths")]
trait Paths {
    #[get("/one/{value}")]
    async fn one(&self, value: &str) -> Result<Echo>;

    #[get("/rest/{rest*}")]
    async fn rest(&self, rest: &str) -> Result<Echo>;

    #[get("/file/{name}.json")]
    async fn file(&self, name: &str) -> Result<Echo>;

    #[get("/pair/{left}-{right}")]
    async fn pair(&self, left: &str, right: &str) -> Result<Echo>;

    #[get("/maybe/{id?}/tail")]
    async fn maybe(&self, id: Option<&str>) -> Result<Echo>;
}

async fn paths() -> PathsClient {
    PathsClient::new(&echo::client("paths").await)
}

/// A value, and how it goes on the wire.
const VALUES: [(&str, &str); 46] = [
    ("plain", "plain"),
    ("a b", "a%20b"),
    (" ", "%20"),
    (" lead", "%20lead"),
    ("trail ", "trail%20"),
    ("%", "%25"),
    ("100%", "100%25"),
    ("%41", "%2541"),
    ("%2F", "%252F"),
    ("%2e%2e", "%252e%252e"),
    ("%zz", "%25zz"),
    ("a%20b", "a%2520b"),
    ("/", "%2F"),
    ("a/b", "a%2Fb"),
    ("//", "%2F%2F"),
    ("../up", "..%2Fup"),
    ("/etc/passwd", "%2Fetc%2Fpasswd"),
    ("\\", "%5C"),
    ("..\\up", "..%5Cup"),
    ("?", "%3F"),
    ("a?b=c", "a%3Fb%3Dc"),
    ("#", "%23"),
    ("a#b", "a%23b"),
    ("+", "%2B"),
    ("a+b", "a%2Bb"),
    ("&", "%26"),
    ("a&b", "a%26b"),
    ("=", "%3D"),
    (";", "%3B"),
    ("a;v=1", "a%3Bv%3D1"),
    ("...", "..."),
    (".hidden", ".hidden"),
    ("a.b", "a.b"),
    (":@!$'()*,", ":@!$'()*,"),
    ("\"<>^`{|}[]", "%22%3C%3E%5E%60%7B%7C%7D%5B%5D"),
    ("{id}", "%7Bid%7D"),
    ("-._~", "-._~"),
    ("é", "%C3%A9"),
    ("e\u{301}", "e%CC%81"),
    ("日本語", "%E6%97%A5%E6%9C%AC%E8%AA%9E"),
    ("🦀", "%F0%9F%A6%80"),
    ("\u{202e}rtl", "%E2%80%AErtl"),
    ("\u{feff}", "%EF%BB%BF"),
    ("\0", "%00"),
    ("a\r\nb", "a%0D%0Ab"),
    ("\t\u{7f}", "%09%7F"),
];

#[tokio::test]
async fn a_value_arrives_as_it_was_inside_its_segment() -> Result<()> {
    let paths = paths().await;
    for (value, wire) in VALUES {
        let arrived = paths.one(value).await?;
        assert_eq!(arrived.segments, ["one", value], "{value:?}");
        assert_eq!(arrived.path, format!("/one/{wire}"), "{value:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_value_beside_other_text_arrives_as_it_was() -> Result<()> {
    let paths = paths().await;
    for (value, wire) in VALUES {
        let arrived = paths.file(value).await?;
        assert_eq!(arrived.path, format!("/file/{wire}.json"), "{value:?}");
        assert_eq!(arrived.segments[1], format!("{value}.json"), "{value:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_catch_all_keeps_its_slashes_and_encodes_the_rest() -> Result<()> {
    let paths = paths().await;
    for (value, wire) in [
        ("a", "a"),
        ("a/b/c", "a/b/c"),
        ("a b/c?d/e#f", "a%20b/c%3Fd/e%23f"),
        ("100%/%2F", "100%25/%252F"),
        ("日/本", "%E6%97%A5/%E6%9C%AC"),
        ("a;b/c+d", "a%3Bb/c%2Bd"),
        ("a\\b/c", "a%5Cb/c"),
        (".../.a", ".../.a"),
    ] {
        let arrived = paths.rest(value).await?;
        assert_eq!(arrived.path, format!("/rest/{wire}"), "{value:?}");
        assert_eq!(arrived.segments[1..].join("/"), value);
    }
    Ok(())
}

fn check_refused(outcome: Result<Echo>, parameter: &str, value: &str) {
    let error = outcome.expect_err(value);
    assert_eq!(error.kind(), ErrorKind::Request, "{value:?}: {error}");
    assert_eq!(error.attempts(), 0, "{value:?}");
    let named = format!("path parameter `{parameter}`");
    assert!(error.to_string().contains(&named), "{value:?}: {error}");
}

#[tokio::test]
async fn a_segment_that_would_move_elsewhere_is_refused_by_name() {
    let paths = paths().await;
    for value in ["", ".", ".."] {
        check_refused(paths.one(value).await, "value", value);
        check_refused(paths.maybe(Some(value)).await, "id", value);
    }
}

#[tokio::test]
async fn a_catch_all_with_such_a_segment_is_refused_by_name() {
    let paths = paths().await;
    for value in ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a/.."] {
        check_refused(paths.rest(value).await, "rest", value);
    }
}

#[tokio::test]
async fn two_values_that_make_a_dot_segment_together_are_refused() -> Result<()> {
    #[service("paths")]
    trait Joined {
        #[get("/{left}{right}/end")]
        async fn joined(&self, left: &str, right: &str) -> Result<Echo>;
    }
    let joined = JoinedClient::new(&echo::client("paths").await);
    check_refused(joined.joined(".", ".").await, "right", "..");
    check_refused(joined.joined("", "").await, "right", "");
    assert_eq!(joined.joined("", "a").await?.path, "/a/end");
    Ok(())
}

#[tokio::test]
async fn values_share_a_segment() -> Result<()> {
    let arrived = paths().await.pair("a/b", "c-d").await?;
    assert_eq!(arrived.path, "/pair/a%2Fb-c-d");
    Ok(())
}

#[tokio::test]
async fn an_optional_segment_goes_with_its_slash() -> Result<()> {
    let paths = paths().await;
    assert_eq!(paths.maybe(None).await?.path, "/maybe/tail");
    assert_eq!(paths.maybe(Some("a/b")).await?.path, "/maybe/a%2Fb/tail");
    Ok(())
}
