//! Events on disk: redb as one writes it without a thought, and the outbox with many who publish at a time.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs, process};

use redb::{Database, TableDefinition};
use tokio::task::JoinSet;
use trunkline::{Client, Events, Stage};

use crate::{Paid, Result};

const TABLE: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("records");

/// How long those who publish are waited for at the end of a turn.
const GRACE: Duration = Duration::from_secs(10);

/// A folder on the disk that is measured, gone with this.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self> {
        let path = env::temp_dir().join(format!("trunkline-bench-{}-{name}", process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Appends records of 1 KiB one after the other, each durably; so many a second.
///
/// # Errors
/// When the disk refuses.
pub fn single_appends(turn: Duration) -> Result<f64> {
    let folder = Folder::new("single")?;
    let database = Database::create(folder.0.join("single.redb"))?;
    let started = Instant::now();
    let mut appended = 0;
    while started.elapsed() < turn {
        let transaction = database.begin_write()?;
        let mut table = transaction.open_table(TABLE)?;
        table.insert(appended, [b'x'; 1024].as_slice())?;
        drop(table);
        transaction.commit()?;
        appended += 1;
    }
    Ok(rate(appended, started))
}

/// Accepted events: so many a second, and how long each took.
pub struct Accepted {
    /// Events a second.
    pub rate: f64,
    /// Events a commit.
    pub shared: f64,
    /// Of each event, the shortest first.
    pub times: Vec<Duration>,
}

impl Accepted {
    /// The time that so many of a hundred events do not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        self.times[(self.times.len() - 1) * percent / 100]
    }
}

/// Publishes to an outbox from so many tasks, each of which waits for its event to be on disk before it publishes the next.
/// With a broker that takes them, or with one that is away.
///
/// # Errors
/// When an event is not stored.
pub async fn accepted(producers: usize, turn: Duration, is_relayed: bool) -> Result<Accepted> {
    let folder = Folder::new("outbox")?;
    let client = client(&folder.0, is_relayed)?;
    let worker = if is_relayed {
        let subscribe = client.events().subscribe("shipping").on(crate::events::ignore);
        Some(subscribe.start().await?)
    } else {
        None
    };
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..producers {
        tasks.spawn(produce(client.events(), started + turn));
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let rate = rate(u64::try_from(times.len())?, started);
    let outbox = client.metrics().events.outbox.unwrap_or_default();
    drop(worker);
    client.shutdown(GRACE).await;
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let shared = outbox.stored as f64 / outbox.commits as f64;
    Ok(Accepted { rate, shared, times })
}

fn client(directory: &Path, is_relayed: bool) -> Result<Client> {
    // A port that nobody listens at: the broker is away.
    let url = if is_relayed {
        "memory:"
    } else {
        "amqp://127.0.0.1:9"
    };
    Ok(Client::builder()
        .name("benches")
        .logging(false)
        .events(url)
        .outbox(directory)
        .build()?)
}

async fn produce(events: Events, end: Instant) -> Result<Vec<Duration>> {
    let event = Paid::example();
    let mut times = Vec::new();
    while Instant::now() < end {
        let before = Instant::now();
        let receipt = events.publish(&event).await?;
        times.push(before.elapsed());
        debug_assert_eq!(receipt.stage(), Stage::Stored);
    }
    Ok(times)
}

#[expect(clippy::cast_precision_loss, reason = "some thousands")]
fn rate(events: u64, since: Instant) -> f64 {
    events as f64 / since.elapsed().as_secs_f64()
}
