//! Settings: every key of the file, the levels, changes at run time, and what is said of a mistake.

mod keys;
mod levels;
mod mistakes;
mod run_time;
mod secrets;
mod slips;

use std::fs;
use std::path::PathBuf;

use tokio::time::Instant;
use trunkline::testing::Script;
use trunkline::{Client, ClientBuilder, Error, Result, service};
use trunkline_tests::scripted;

#[service("orders")]
trait Orders {
    #[get("/list")]
    async fn list(&self) -> Result<()>;
    #[post("/chat")]
    async fn chat(&self) -> Result<()>;
}

/// A file of its own for each test, in cargo's directory for that.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("config-{name}.toml"));
    fs::write(&path, text).expect("the directory can be written to");
    path
}

/// A client over this script with the settings of this file.
fn client(script: &Script, name: &str, text: &str) -> Client {
    let builder = scripted::builder(script).file(file(name, text));
    let client = builder.and_then(ClientBuilder::build);
    client.expect("the file is legal")
}

/// How a call fails, and after how many milliseconds.
async fn failed(call: impl Future<Output = Result<()>>) -> (Error, u128) {
    let started = Instant::now();
    let error = Box::pin(call).await.expect_err("it fails");
    (error, started.elapsed().as_millis())
}
