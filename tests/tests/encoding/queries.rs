//! Query values, one by one, under plain and odd names.

use std::collections::BTreeMap;

use trunkline::{ErrorKind, Result, service};
use trunkline_tests::echo::{self, Echo};

#[service("queries")]
trait Queries {
    #[get("/q")]
    async fn value(&self, value: &str) -> Result<Echo>;

    #[get("/q")]
    async fn named(&self, #[query("a b[&]=é")] value: &str) -> Result<Echo>;

    #[get("/q")]
    async fn map(&self, pairs: &BTreeMap<String, String>) -> Result<Echo>;
}

async fn queries() -> QueriesClient {
    QueriesClient::new(&echo::client("queries").await)
}

/// A value, and how it goes on the wire.
const VALUES: [(&str, &str); 42] = [
    ("plain", "plain"),
    ("", ""),
    ("a b", "a%20b"),
    (" ", "%20"),
    ("%", "%25"),
    ("%41", "%2541"),
    ("%20", "%2520"),
    ("%2B", "%252B"),
    ("%zz", "%25zz"),
    ("a%26b", "a%2526b"),
    ("/", "/"),
    ("a/b", "a/b"),
    ("?", "?"),
    ("a?b", "a?b"),
    ("#", "%23"),
    ("a#b", "a%23b"),
    ("+", "%2B"),
    ("1+1=2", "1%2B1%3D2"),
    ("&", "%26"),
    ("a&b=c", "a%26b%3Dc"),
    ("=", "%3D"),
    (";", "%3B"),
    ("a;b", "a%3Bb"),
    (".", "."),
    ("..", ".."),
    ("../..", "../.."),
    ("'", "%27"),
    ("\"", "%22"),
    ("<>", "%3C%3E"),
    ("[]{}|\\^`", "%5B%5D%7B%7D%7C%5C%5E%60"),
    ("-._~!$()*,:@", "-._~!$()*,:@"),
    ("é", "%C3%A9"),
    ("日本", "%E6%97%A5%E6%9C%AC"),
    ("🦀", "%F0%9F%A6%80"),
    ("👩\u{200d}💻", "%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB"),
    ("\u{202e}", "%E2%80%AE"),
    ("\0", "%00"),
    ("\r\n", "%0D%0A"),
    ("\t", "%09"),
    ("\u{7f}", "%7F"),
    ("null", "null"),
    ("http://a/b?c=d&e", "http://a/b?c%3Dd%26e"),
];

#[tokio::test]
async fn a_value_arrives_as_it_was() -> Result<()> {
    let queries = queries().await;
    for (value, wire) in VALUES {
        let arrived = queries.value(value).await?;
        assert_eq!(arrived.pairs(), [("value", value)], "{value:?}");
        assert_eq!(arrived.raw_query, Some(format!("value={wire}")), "{value:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_odd_name_arrives_as_it_was() -> Result<()> {
    let arrived = queries().await.named("x").await?;
    assert_eq!(arrived.pairs(), [("a b[&]=é", "x")]);
    Ok(())
}

#[tokio::test]
async fn keys_of_a_map_arrive_as_they_were() -> Result<()> {
    let pairs: BTreeMap<String, String> = VALUES
        .iter()
        .map(|(value, _)| ((*value).to_owned(), (*value).to_owned()))
        .collect();
    let arrived = queries().await.map(&pairs).await?;
    assert_eq!(arrived.query, pairs.into_iter().collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn a_value_that_no_uri_can_hold_is_refused_by_name() {
    let error = queries().await.value(&"x".repeat(70_000)).await;
    let error = error.expect_err("a URI has at most 65 534 bytes");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    assert!(
        error.to_string().contains("query parameter `value`: too long"),
        "{error}"
    );
}
