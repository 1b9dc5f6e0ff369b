//! What serde makes of a query argument, on the wire.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use trunkline::{ErrorKind, Result, service};
use trunkline_tests::echo::{self, Echo};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    first_name: &'static str,
    min_age: Option<u8>,
    tags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u8>,
    order: Order,
    active: bool,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    NewestFirst,
}

#[derive(Serialize)]
struct UserId(u64);

#[derive(Serialize)]
struct Nested {
    inner: BTreeMap<String, u8>,
}

#[derive(Serialize)]
struct Lists {
    matrix: Vec<Vec<u8>>,
}

#[derive(Serialize)]
struct Flattened {
    page: u32,
    #[serde(flatten)]
    more: BTreeMap<String, String>,
}

#[service("queries")]
trait Queries {
    #[get("/q")]
    async fn any<T: Serialize + ?Sized>(&self, value: &T) -> Result<Echo>;

    #[get("/q")]
    async fn several(
        &self,
        page: Option<u32>,
        #[query("page_size")] size: u8,
        ids: &[u64],
        f: f64,
    ) -> Result<Echo>;

    #[post("/q")]
    async fn beside_a_body(
        &self,
        #[query] tags: &[&str],
        #[query] filter: &Filter,
        #[json] body: &str,
    ) -> Result<Echo>;
}

async fn queries() -> QueriesClient {
    QueriesClient::new(&echo::client("queries").await)
}

async fn check<T: Serialize + Sync + Send + ?Sized>(value: &T, expected: Option<&str>) {
    let arrived = queries().await.any(value).await.expect("it can be sent");
    assert_eq!(arrived.raw_query.as_deref(), expected);
}

#[tokio::test]
async fn a_scalar_is_name_and_value() {
    check(&7_u8, Some("value=7")).await;
    check(&i128::MIN, Some("value=-170141183460469231731687303715884105728")).await;
    check(&0.1_f32, Some("value=0.1")).await;
    check(&2.5, Some("value=2.5")).await;
    check(&'é', Some("value=%C3%A9")).await;
    check("a b", Some("value=a%20b")).await;
    check(&Order::NewestFirst, Some("value=newest_first")).await;
    check(&UserId(7), Some("value=7")).await;
}

#[tokio::test]
async fn booleans_are_words() {
    check(&true, Some("value=true")).await;
    check(&[false, true], Some("value=false&value=true")).await;
}

#[tokio::test]
async fn nothing_is_left_out_with_its_name() {
    check(&None::<u8>, None).await;
    check(&(), None).await;
    check(&Some(Some(1)), Some("value=1")).await;
}

#[tokio::test]
async fn a_sequence_repeats_the_name_and_an_empty_one_is_left_out() {
    check(&["a", "b c"], Some("value=a&value=b%20c")).await;
    check(&(1, "x", true), Some("value=1&value=x&value=true")).await;
    check(&[Some(1), None, Some(3)], Some("value=1&value=3")).await;
    check(&Vec::<u8>::new(), None).await;
}

#[tokio::test]
async fn a_struct_spreads_its_fields_under_their_own_names() {
    let filter = Filter {
        first_name: "Ann B",
        min_age: None,
        tags: vec!["x", "y"],
        skipped: None,
        order: Order::NewestFirst,
        active: true,
    };
    let expected = "firstName=Ann%20B&tags=x&tags=y&order=newest_first&active=true";
    check(&filter, Some(expected)).await;
    check(&Some(&filter), Some(expected)).await;
}

#[tokio::test]
async fn a_map_spreads_its_entries() {
    check(&BTreeMap::from([("a", 1), ("b c", 2)]), Some("a=1&b%20c=2")).await;
    check(&HashMap::from([(7, Some("x"))]), Some("7=x")).await;
    let flattened = Flattened {
        page: 1,
        more: BTreeMap::from([("k".into(), "v".into())]),
    };
    check(&flattened, Some("page=1&k=v")).await;
}

#[tokio::test]
async fn arguments_keep_their_order_and_take_other_names() -> Result<()> {
    let queries = queries().await;
    let arrived = queries.several(Some(2), 50, &[3, 4], 1.5).await?;
    assert_eq!(
        arrived.raw_query.as_deref(),
        Some("page=2&page_size=50&ids=3&ids=4&f=1.5")
    );
    let arrived = queries.several(None, 50, &[], 2.0).await?;
    assert_eq!(arrived.raw_query.as_deref(), Some("page_size=50&f=2.0"));
    Ok(())
}

#[tokio::test]
async fn a_body_may_have_a_query_beside_it() -> Result<()> {
    let filter = Filter {
        first_name: "A",
        min_age: Some(3),
        tags: vec![],
        skipped: Some(1),
        order: Order::NewestFirst,
        active: false,
    };
    let arrived = queries().await.beside_a_body(&["t"], &filter, "text").await?;
    let expected = "tags=t&firstName=A&minAge=3&skipped=1&order=newest_first&active=false";
    assert_eq!(arrived.raw_query.as_deref(), Some(expected));
    assert_eq!(arrived.body, "\"text\"");
    Ok(())
}

async fn check_refused<T: Serialize + Sync + Send + ?Sized>(value: &T, expected: &str) {
    let error = queries().await.any(value).await.expect_err(expected);
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Request, 0),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("query parameter `value`") && text.contains(expected),
        "{text}"
    );
}

#[tokio::test]
async fn anything_deeper_is_an_error_that_names_the_field() {
    let nested = Nested {
        inner: BTreeMap::from([("a".into(), 1)]),
    };
    check_refused(&nested, "the field `inner` is a map").await;
    let lists = Lists {
        matrix: vec![vec![1]],
    };
    check_refused(&lists, "`matrix` has a sequence").await;
    check_refused(&[BTreeMap::from([("a", 1)])], "`value` has a map").await;
    check_refused(&[[1]], "`value` has a sequence").await;
    let list_in_map = BTreeMap::from([("deep", BTreeMap::from([("a", 1)]))]);
    check_refused(&list_in_map, "the field `deep` is a map").await;
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    check_refused(&f64::NAN, "not finite").await;
    check_refused(&f32::INFINITY, "not finite").await;
}
