//! What an event costs over `RabbitMQ`, beside lapin as a careful user writes it and beside aio-pika: quorum queues,
//! persistent, 1 KiB.
//!
//! `AMQP_TEST_URL=amqp://… cargo bench -p trunkline-benches --bench events_rabbitmq`; without a broker there is nothing to
//! measure. All run on the runtime that a service has, of as many threads as there are cores. What lapin takes has the
//! properties and the headers of trunkline's events, and is not decoded; the time begins with the first delivery. Where the
//! broker is on the same machine it has most of its cores, and bounds the rates: the CPU time is that of this process.

use std::path::Path;
use std::time::Duration;
use std::{env, fmt};

use tokio::time::Instant;
use trunkline_benches::rabbitmq::{AioPika, Ours, Raw, Told, aio_pika, drain, relay};
use trunkline_benches::{Options, Paid, Result, Shipping, Stopwatch, print_machine};

/// Enough that a round takes a second or so.
const EVENTS: usize = 20_000;

/// Rounds beyond these say nothing new: the broker's disk differs more.
const ROUNDS: usize = 5;

/// What is measured, in the order of the rows.
#[derive(Debug, Default)]
struct Rows {
    raw_publish: Row,
    raw_like_ours: Row,
    our_publish: Row,
    aio_pika: Vec<AioPika>,
    relay: Row,
    drain: Row,
    raw_each: Row,
    raw_grouped: Row,
    our_take: Row,
    in_process: Row,
}

/// What the rounds of one row came to.
#[derive(Debug, Default)]
struct Row {
    /// Events a second.
    rates: Vec<f64>,
    /// Microseconds of this process an event.
    cpu: Vec<f64>,
}

impl Row {
    /// Does the work, which says how long it took.
    async fn add(&mut self, work: impl Future<Output = Result<Duration>>) -> Result<()> {
        let mut watch = Stopwatch::default();
        watch.start();
        let took = work.await?;
        watch.stop();
        let calls = u32::try_from(EVENTS)?;
        self.cpu.push(watch.cost(calls).cpu_per_call());
        self.rates.push(f64::from(calls) / took.as_secs_f64());
        Ok(())
    }

    fn rate(&self) -> f64 {
        median(&self.rates)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>7.0} a second | {:>5.1} µs of CPU |",
            self.rate(),
            median(&self.cpu)
        )
    }
}

fn main() -> Result<()> {
    let Ok(url) = env::var("AMQP_TEST_URL") else {
        println!("\nEvents over RabbitMQ: skipped, AMQP_TEST_URL names no broker");
        return Ok(());
    };
    let rounds = Options::from_args().rounds.min(ROUNDS);
    let runtime = tokio::runtime::Runtime::new()?;
    // Where a service's own work runs.
    runtime.block_on(async { tokio::spawn(measure(url, rounds)).await? })
}

async fn measure(url: String, rounds: usize) -> Result<()> {
    let ours = Ours::connect(&url).await?;
    let mut raw = Raw::connect(&url).await?;
    raw.learn(&ours).await?;
    let folder = env::temp_dir().join(format!("trunkline-bench-{}", std::process::id()));
    let mut rows = Rows::default();
    for _ in 0..rounds {
        publishing(&url, &raw, &ours, &mut rows).await?;
        taking(&raw, &ours, &mut rows).await?;
        outbox(&url, &folder, &ours, &mut rows).await?;
        in_process(&mut rows).await?;
    }
    print(&rows, rounds);
    ours.close(Duration::from_secs(5)).await;
    Ok(())
}

async fn publishing(url: &str, raw: &Raw, ours: &Ours, rows: &mut Rows) -> Result<()> {
    rows.raw_publish.add(timed(raw.publish(EVENTS))).await?;
    rows.raw_like_ours.add(raw.publish_like_ours(EVENTS)).await?;
    rows.aio_pika.extend(aio_pika(url, raw, EVENTS / 4).await?);
    // Last: theirs were thrown away, and these are taken next.
    rows.our_publish.add(timed(ours.publish(EVENTS))).await?;
    Ok(())
}

async fn taking(raw: &Raw, ours: &Ours, rows: &mut Rows) -> Result<()> {
    raw.fill(EVENTS).await?;
    rows.raw_each.add(raw.take(EVENTS, Told::Each)).await?;
    rows.our_take.add(ours.take(EVENTS)).await?;
    raw.fill(EVENTS).await?;
    rows.raw_grouped.add(raw.take(EVENTS, Told::Grouped)).await
}

async fn outbox(url: &str, folder: &Path, ours: &Ours, rows: &mut Rows) -> Result<()> {
    rows.relay.add(relay(url, &folder.join("relay"), EVENTS)).await?;
    rows.drain.add(drain(url, &folder.join("drain"), EVENTS)).await?;
    std::fs::remove_dir_all(folder)?;
    // With the one that made the connection.
    ours.take(2 * EVENTS + 1).await?;
    Ok(())
}

/// The same events published, taken and handled at `memory:`.
async fn in_process(rows: &mut Rows) -> Result<()> {
    let shipping = Shipping::start().await?;
    let event = Paid::example();
    let stream = shipping.stream(&event, u32::try_from(EVENTS)?);
    rows.in_process.add(timed(stream)).await
}

async fn timed(work: impl Future<Output = Result<()>>) -> Result<Duration> {
    let since = Instant::now();
    work.await?;
    Ok(since.elapsed())
}

fn print(rows: &Rows, rounds: usize) {
    println!("\nEvents of 1 KiB over RabbitMQ, {EVENTS} a turn: medians of {rounds} rounds");
    print_machine();
    for (what, by, row) in [
        ("publish with confirms", "lapin, to a queue", &rows.raw_publish),
        ("", "lapin, as trunkline publishes", &rows.raw_like_ours),
        ("", "trunkline", &rows.our_publish),
        ("", "trunkline, through an outbox", &rows.relay),
        ("", "an outbox after a restart", &rows.drain),
        ("take and acknowledge", "lapin, each by itself", &rows.raw_each),
        ("", "lapin, in groups of 64", &rows.raw_grouped),
        ("", "trunkline", &rows.our_take),
        ("publish and handle", "trunkline, at `memory:`", &rows.in_process),
    ] {
        println!("| {what:<21} | {by:<29} | {row}");
    }
    println!(
        "lapin publishes in batches of 64: to a queue with no properties, or trunkline's own properties and headers"
    );
    println!("to trunkline's exchange, where the broker has to find the queues of its topic.");
    println!("The outbox's CPU is with storing the events.");
    let times = |ours: &Row, other: &Row| ours.rate() / other.rate();
    println!(
        "publishing: {:.2} x lapin as trunkline publishes, {:.2} x lapin to a queue (goal: at least 0.9)",
        times(&rows.our_publish, &rows.raw_like_ours),
        times(&rows.our_publish, &rows.raw_publish)
    );
    print_aio_pika(rows);
    println!(
        "the outbox: {:.2} x lapin as trunkline publishes, {:.2} x lapin to a queue (goal: at least 0.7)",
        times(&rows.relay, &rows.raw_like_ours),
        times(&rows.relay, &rows.raw_publish)
    );
    println!(
        "taking: {:.2} x lapin, each by itself (goal: at least 3)",
        times(&rows.our_take, &rows.raw_each)
    );
    println!(
        "        {:.2} x lapin, in groups",
        times(&rows.our_take, &rows.raw_grouped)
    );
    println!(
        "in process: {:.1} x the broker's rate of publishing, {:.1} x that of taking, same bytes, one run (goal: at least 10)",
        times(&rows.in_process, &rows.our_publish),
        times(&rows.in_process, &rows.our_take)
    );
}

fn print_aio_pika(rows: &Rows) {
    if rows.aio_pika.is_empty() {
        println!("            aio-pika: skipped, no python3 with aio-pika");
        return;
    }
    let theirs = |rate: fn(&AioPika) -> f64| median(&rows.aio_pika.iter().map(rate).collect::<Vec<_>>());
    let (like_ours, to_a_queue) = (theirs(|rates| rates.like_ours), theirs(|rates| rates.to_a_queue));
    println!(
        "            {:.2} x aio-pika as trunkline publishes, 500 at a time, {like_ours:.0} a second (lapin {:.2} x)",
        rows.our_publish.rate() / like_ours,
        rows.raw_like_ours.rate() / like_ours
    );
    println!(
        "            {:.2} x aio-pika to a queue, {to_a_queue:.0} a second (lapin {:.2} x; goal: at least 4)",
        rows.our_publish.rate() / to_a_queue,
        rows.raw_publish.rate() / to_a_queue
    );
}

/// Zero where there are none.
fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
