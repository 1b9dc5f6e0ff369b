//! Any Unicode text arrives equal at a real server.

use proptest::collection::{btree_map, vec};
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::fmt::Debug;
use tokio::runtime::{Builder, Runtime};
use trunkline::{Result, service};
use trunkline_tests::echo::{self, Echo};

#[service("any")]
trait Any {
    #[get("/one/{value}/{rest*}")]
    async fn path(&self, value: &str, rest: &str, query: &str) -> Result<Echo>;

    #[get("/query")]
    async fn query(&self, pairs: &BTreeMap<String, String>, list: &[String]) -> Result<Echo>;

    #[post("/json")]
    async fn json(&self, body: &BTreeMap<String, String>) -> Result<Echo>;

    #[post("/form")]
    async fn form(&self, #[form] body: &BTreeMap<String, String>) -> Result<Echo>;

    #[get("/header")]
    async fn header(&self, #[header("X-Value")] value: &str) -> Result<Echo>;
}

/// Checks a case at a real server, over one connection; the cases are the same in every run.
fn check_all<S: Strategy<Value: Debug>>(
    cases: u32,
    strategy: &S,
    check: impl Fn(&Runtime, &AnyClient, S::Value),
) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let any = AnyClient::new(&runtime.block_on(echo::client("any")));
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(strategy, |value| {
        check(&runtime, &any, value);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Any text, control characters and all.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..24).prop_map(String::from_iter)
}

/// Any text that may be a segment.
fn segment() -> impl Strategy<Value = String> {
    text().prop_filter("it would change which path is reached", |text| {
        !["", ".", ".."].contains(&text.as_str())
    })
}

#[test]
fn any_text_arrives_in_path_catch_all_and_query() {
    let rest = vec(segment(), 1..4).prop_map(|segments| segments.join("/"));
    let rest = rest.prop_filter("it would change which path is reached", |rest| {
        rest.split('/').all(|part| !["", ".", ".."].contains(&part))
    });
    check_all(
        10_000,
        &(segment(), rest, text()),
        |runtime, any, (value, rest, query)| {
            let arrived = runtime
                .block_on(any.path(&value, &rest, &query))
                .expect("it is legal");
            assert_eq!(arrived.segments[..2], ["one".to_owned(), value]);
            assert_eq!(arrived.segments[2..].join("/"), rest);
            assert_eq!(arrived.pairs(), [("query", query.as_str())]);
        },
    );
}

#[test]
fn any_text_arrives_as_a_name_and_a_value_of_a_query() {
    let pairs = btree_map(text(), text(), 0..6);
    check_all(
        10_000,
        &(pairs, vec(text(), 0..4)),
        |runtime, any, (pairs, list)| {
            let arrived = runtime.block_on(any.query(&pairs, &list)).expect("it is legal");
            let list = list.into_iter().map(|value| ("list".to_owned(), value));
            let expected: Vec<_> = pairs.into_iter().chain(list).collect();
            assert_eq!(arrived.query, expected);
        },
    );
}

#[test]
fn any_text_arrives_in_json_and_in_a_form() {
    check_all(1_000, &btree_map(text(), text(), 0..6), |runtime, any, body| {
        let arrived = runtime.block_on(any.json(&body)).expect("it is legal");
        assert_eq!(arrived.json::<BTreeMap<String, String>>(), body);
        let arrived = runtime.block_on(any.form(&body)).expect("it is legal");
        assert_eq!(arrived.form(), body.into_iter().collect::<Vec<_>>());
    });
}

#[test]
fn any_visible_ascii_arrives_in_a_header() {
    check_all(1_000, &"([!-~]([ -~\t]{0,30}[!-~])?)?", |runtime, any, value| {
        let arrived = runtime.block_on(any.header(&value)).expect("it is legal");
        assert_eq!(arrived.headers("x-value"), [value]);
    });
}

#[test]
fn any_other_text_in_a_header_is_refused_or_arrives_equal() {
    check_all(1_000, &text(), |runtime, any, value| {
        match runtime.block_on(any.header(&value)) {
            Ok(arrived) => assert_eq!(arrived.headers("x-value"), [value]),
            Err(error) => {
                assert_eq!(error.attempts(), 0);
                assert!(error.to_string().contains("header `X-Value`"), "{error}");
            }
        }
    });
}
