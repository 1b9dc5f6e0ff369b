//! The other service, as a process.

use std::env;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use trunkline::{Client, EventFormat};
use trunkline_tests::broker;

/// Where `tests/run` puts Python's packages.
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.tools/python");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/peer.py");

/// The address of a broker; `None` where the test is to be skipped.
pub(crate) async fn url() -> Option<String> {
    if !Path::new(PACKAGES).join("pika").exists() {
        assert!(
            env::var_os("AMQP_TEST_REQUIRED").is_none(),
            "no pika in {PACKAGES}: tests/run puts it there"
        );
        eprintln!("skipped: no pika in {PACKAGES}; tests/run puts it there");
        return None;
    }
    broker::url().await
}

/// A client of ours.
pub(crate) fn ours(url: &str, format: EventFormat) -> Client {
    let client = Client::builder().name("orders").events(url).event_format(format);
    client.build().expect("legal settings")
}

/// Somebody who waits for one message.
pub(crate) struct Listener {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Listener {
    /// Returns when its queue is bound.
    pub(crate) async fn start(url: &str, exchange: &str, key: &str) -> Self {
        let mut process = command(url)
            .args(["listen", exchange, key])
            .spawn()
            .expect("python3 is there");
        let output = process.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        let first = lines.next_line().await.expect("text");
        assert_eq!(first.as_deref(), Some("ready"));
        Self { process, lines }
    }

    /// The message, with its properties.
    pub(crate) async fn message(mut self) -> Value {
        let line = self.lines.next_line().await.expect("text").expect("a message");
        assert!(self.process.wait().await.expect("it ends").success());
        serde_json::from_str(&line).expect("JSON")
    }
}

/// Publishes one event, confirmed by the broker.
pub(crate) async fn publish(url: &str, format: &str, name: &str, id: &str) {
    let ended = command(url).args(["publish", format, name, id]).status().await;
    assert!(ended.expect("python3 is there").success());
}

fn command(url: &str) -> Command {
    let mut command = Command::new("python3");
    command
        .arg(SCRIPT)
        .arg(url)
        .env("PYTHONPATH", PACKAGES)
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}
