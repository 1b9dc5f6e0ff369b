//! What a process is started with: its environment, and a file in its directory.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::time::Instant;
use trunkline::testing::{Script, Step};
use trunkline::{Client, ClientBuilder, ErrorKind};
use trunkline_tests::raw_tcp::{Act, RawServer, response};
use trunkline_tests::scripted::{self, A, script};

/// Set for the processes that a test here starts.
const CHILD: &str = "TRUNKLINE_TEST_PROCESS";

/// A directory of its own for each test, with a `trunkline.toml` in it.
fn directory(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("process-{name}"));
    fs::create_dir_all(&path).expect("the directory can be made");
    fs::write(path.join("trunkline.toml"), text).expect("it can be written to");
    path
}

/// Runs this binary's test of that name again, in that directory and with these variables alone.
async fn run(test: &str, directory: &Path, pairs: &[(&str, &str)]) {
    let output = tokio::process::Command::new(std::env::current_exe().expect("a test has a file"))
        .args(["--exact", &format!("process::{test}")])
        .current_dir(directory)
        .env_clear()
        .envs(pairs.iter().copied())
        .env(CHILD, "1")
        .output()
        .await
        .expect("the test runs again");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}"
    );
}

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[tokio::test]
async fn from_env_reads_trunkline_toml_and_then_the_environment() {
    let server = RawServer::always([Act::Send(response("200 OK", &[], "7"))]).await;
    let text =
        "[defaults]\nheaders = { X-From = \"file\" }\n[services.orders]\nurl = \"http://nowhere.invalid\"\n";
    let directory = directory("from-env", text);
    let url = server.url();
    run(
        "a_client_of_the_process",
        &directory,
        &[("ORDERS_URL", &url), ("SERVICE__NAME", "shop")],
    )
    .await;
    let request = &server.requests()[0];
    assert_eq!(request.header("x-from"), Some("file"), "the file is read");
    assert_eq!(
        request.header("x-caller-service"),
        Some("shop"),
        "and the environment"
    );
}

#[tokio::test]
async fn a_client_of_the_process() {
    if is_child() {
        let client = Client::from_env().expect("both are right");
        let value = client.service("orders").get("/x").fetch::<u32>().await;
        assert_eq!(value.expect("the environment's address wins"), 7);
    }
}

#[tokio::test]
async fn from_env_needs_neither() {
    let empty = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("process-empty");
    fs::create_dir_all(&empty).expect("the directory can be made");
    run("a_client_of_nothing", &empty, &[]).await;
}

#[tokio::test]
async fn a_client_of_nothing() {
    if is_child() {
        let client = Client::from_env().expect("nothing is wrong");
        let error = client.service("orders").get("/x").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Discovery);
        assert!(error.message().contains("ORDERS_URL"), "{error}");
    }
}

#[tokio::test]
async fn from_env_fails_with_the_mistake_of_either() {
    let directory = directory("mistaken", "[defaults]\ntimeuot = \"1s\"\n");
    run("a_client_of_a_mistaken_file", &directory, &[]).await;
    let empty = self::directory("right", "");
    run(
        "a_client_of_a_mistaken_environment",
        &empty,
        &[("DEFAULT_TIMEOUT", "soon")],
    )
    .await;
}

#[test]
fn a_client_of_a_mistaken_file() {
    if is_child() {
        let error = Client::from_env().expect_err("a slip");
        assert!(
            error.message().contains("timeuot") && error.message().contains("trunkline.toml"),
            "{error}"
        );
    }
}

#[test]
fn a_client_of_a_mistaken_environment() {
    if is_child() {
        let error = Client::from_env().expect_err("no number");
        assert!(error.message().contains("DEFAULT_TIMEOUT"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_there_is_read_if_present() {
    let script: Script = script(Step::hang());
    let directory = directory(
        "present",
        &format!("[services.orders]\nurl = \"{A}\"\ntimeout = \"250ms\"\nretry = false\n"),
    );
    let builder = scripted::builder(&script).file_if_present(directory.join("trunkline.toml"));
    let client = builder.and_then(ClientBuilder::build).expect("the file is right");
    let started = Instant::now();
    super::failed(&client, "orders").await;
    assert_eq!(started.elapsed().as_millis(), 250);
}
