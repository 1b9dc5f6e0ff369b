//! The environment: what each name does, which one wins, and what is said of a bad value.

mod effects;
mod files;
mod mistakes;
mod of_a_service;
mod precedence;
mod process;

use trunkline::testing::Script;
use trunkline::{Client, Error, ErrorKind};
use trunkline_tests::scripted;

/// A client over this script with these names set, and none of the process's.
fn client(script: &Script, pairs: &[(&str, &str)]) -> Client {
    let builder = scripted::builder(script).env_from(pairs.iter().copied());
    let client = builder.and_then(trunkline::ClientBuilder::build);
    client.expect("the values are legal")
}

/// The error of an untyped GET of this service.
async fn failed(client: &Client, service: &str) -> Error {
    let outcome = client.service(service).get("/x").send().await;
    outcome.expect_err("it fails")
}

fn check_config(error: &Error, parts: &[&str]) {
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Config, 0),
        "{error}"
    );
    for part in parts {
        assert!(error.to_string().contains(part), "`{part}` is not in: {error}");
    }
}
