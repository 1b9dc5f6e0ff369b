//! `.env` files.

use std::fs;
use std::path::PathBuf;

use tokio::time::Instant;
use trunkline::testing::Step;
use trunkline::{Client, ClientBuilder, Error};
use trunkline_tests::scripted::{self, A, script};

use super::{check_config, failed};

/// A file of its own for each test, in cargo's directory for that.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("environment-{name}.env"));
    fs::write(&path, text).expect("the directory can be written to");
    path
}

async fn patience(builder: trunkline::Result<ClientBuilder>) -> u128 {
    let client = builder
        .and_then(ClientBuilder::build)
        .expect("the settings are legal");
    let started = Instant::now();
    failed(&client, "orders").await;
    started.elapsed().as_millis()
}

#[tokio::test(start_paused = true)]
async fn a_file_gives_names_like_the_environment_and_never_changes_it() {
    let script = script(Step::hang());
    let path = file(
        "plain",
        "# where things are\nexport ORDERS_URL='http://a:1'\n\nDEFAULT_TIMEOUT=0.25 # seconds\nFOREIGN=x\n",
    );
    assert_eq!(patience(scripted::builder(&script).env_file(&path)).await, 250);
    assert!(std::env::var_os("ORDERS_URL").is_none());
    assert!(std::env::var_os("FOREIGN").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_file_is_weaker_than_the_environment_whichever_is_applied_first() {
    let script = script(Step::hang());
    let path = file(
        "weaker",
        "ORDERS_URL=http://a:1\nDEFAULT_TIMEOUT=9\nORDERS_RETRY=0\n",
    );
    let pairs = [("DEFAULT_TIMEOUT", "0.5")];
    let first = scripted::builder(&script).env_file(&path);
    assert_eq!(
        patience(first.and_then(|builder| builder.env_from(pairs))).await,
        500
    );
    let last = scripted::builder(&script).env_from(pairs);
    assert_eq!(
        patience(last.and_then(|builder| builder.env_file(&path))).await,
        500
    );
    assert_eq!(script.hits(A), 2);
}

fn refused(name: &str, text: &str) -> Error {
    let outcome = Client::builder().env_file(file(name, text));
    outcome.map(|_| ()).expect_err("the file is bad")
}

#[test]
fn a_bad_line_or_value_is_named_with_its_file() {
    check_config(
        &refused("line", "A=1\nnonsense hunter2\n"),
        &["environment-line.env, line 2", "`NAME=value`"],
    );
    check_config(
        &refused("quote", "A_API_KEY='hunter2\n"),
        &["environment-quote.env, line 1", "a closing quote"],
    );
    check_config(&refused("twice", "A=1\nA=2\n"), &["line 2", "`A` once"]);
    let error = refused("value", "DEFAULT_TIMEOUT=soon\n");
    check_config(
        &error,
        &["environment-value.env: `DEFAULT_TIMEOUT` is `soon`", "seconds"],
    );
    for error in [refused("line", "hunter2\n"), refused("quote", "A='hunter2\n")] {
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let outcome = Client::builder().env_file("there-is-no-such.env");
    let error = outcome.map(|_| ()).expect_err("it is not there");
    check_config(&error, &["there-is-no-such.env"]);
}
