//! The outbox: a process that is killed while it publishes loses nothing that it was told is published.
//!
//! `cargo run --example outbox`. Nothing to set up: this process is the messaging service, and runs itself as the
//! publisher, which it kills twice. The first publisher meets a messaging service that is away.

use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::sleep;
use trunkline::{Client, Event};

/// Set for the publisher: where the messaging service is, and the directory of the outbox.
const MESSAGING: &str = "OUTBOX_EXAMPLE_MESSAGING";
const DIRECTORY: &str = "OUTBOX_EXAMPLE_DIRECTORY";
/// Set for the last publisher, which only sends what the others have left.
const LAST: &str = "OUTBOX_EXAMPLE_LAST";

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
struct OrderPaid {
    order: u32,
}

/// Publishes until it is killed, and says what it was promised. The last one ends when all is sent.
async fn publisher(messaging: String, directory: PathBuf) -> trunkline::Result<()> {
    let client = Client::builder()
        .name("orders")
        .events(messaging)
        .outbox(directory)
        .build()?;
    if env::var_os(LAST).is_some() {
        while client
            .metrics()
            .events
            .outbox
            .is_some_and(|outbox| outbox.depth > 0)
        {
            sleep(Duration::from_millis(20)).await;
        }
        return Ok(());
    }
    for order in 0.. {
        // `Ok`: it is on disk. Whether the messaging service has it shows `receipt.confirmed()`.
        let receipt = client.events().publish(&OrderPaid { order }).await?;
        println!("{}", receipt.id());
    }
    Ok(())
}

/// The messaging service: the ids that it has taken.
#[derive(Clone, Default)]
struct Messaging {
    is_there: Arc<AtomicBool>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Messaging {
    fn take(&self, event: &Value) -> StatusCode {
        if !self.is_there.load(Ordering::Relaxed) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let id = event["event_id"].as_str().unwrap_or_default().to_owned();
        self.taken.lock().expect("no holder panics").push(id);
        StatusCode::OK
    }

    async fn serve(&self) -> std::io::Result<String> {
        let messaging = self.clone();
        let take = async move |Json(event): Json<Value>| messaging.take(&event);
        let app = Router::new().route("/api/events/publish", post(take));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(format!("http://{address}"))
    }
}

/// Runs this program as the publisher, and kills it after so many events; gives the ids that it was promised.
async fn run_and_kill(url: &str, directory: &Path, events: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let mut child = Command::new(env::current_exe()?)
        .env(MESSAGING, url)
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = child.stdout.take().ok_or("it is piped")?;
    let mut lines = BufReader::new(output).lines();
    let mut promised = Vec::new();
    while promised.len() < events {
        promised.push(lines.next_line().await?.ok_or("the publisher ended early")?);
    }
    child.kill().await?;
    // What it said before it was gone.
    while let Some(line) = lines.next_line().await? {
        promised.push(line);
    }
    Ok(promised)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if let (Ok(messaging), Some(directory)) = (env::var(MESSAGING), env::var_os(DIRECTORY)) {
        return Ok(publisher(messaging, directory.into()).await?);
    }
    let directory = env::temp_dir().join(format!("trunkline-outbox-example-{}", std::process::id()));
    let messaging = Messaging::default();
    let url = messaging.serve().await?;

    let mut promised = run_and_kill(&url, &directory, 300).await?;
    println!(
        "the messaging service was away: {} events accepted, then killed",
        promised.len()
    );
    messaging.is_there.store(true, Ordering::Relaxed);
    let more = run_and_kill(&url, &directory, 300).await?;
    println!(
        "the messaging service was back: {} events accepted, then killed",
        more.len()
    );
    promised.extend(more);

    let mut finisher = Command::new(env::current_exe()?);
    let finisher = finisher
        .env(MESSAGING, &url)
        .env(DIRECTORY, &directory)
        .env(LAST, "yes");
    assert!(finisher.status().await?.success());
    std::fs::remove_dir_all(&directory)?;

    let taken = messaging.taken.lock().expect("no holder panics").clone();
    let distinct: HashSet<&String> = taken.iter().collect();
    let lost = promised.iter().filter(|id| !distinct.contains(id)).count();
    println!(
        "{} accepted, {lost} lost; {} came twice, under the same id",
        promised.len(),
        taken.len() - distinct.len()
    );
    assert_eq!(lost, 0);
    Ok(())
}
