//! What an event costs over `RabbitMQ`, beside lapin as a careful user writes it and beside aio-pika: quorum queues,
//! persistent, 1 KiB.
//!
//! `AMQP_TEST_URL=amqp://… cargo bench --bench events_rabbitmq`; without a broker there is nothing to measure. All run on
//! the runtime that a service has, of as many threads as there are cores. What lapin takes has the properties and the
//! headers of trunkline's events, and is not decoded; the time begins with the first delivery.

use std::env;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;
use trunkline_benches::rabbitmq::{Ours, Raw, Told, aio_pika, drain, relay};
use trunkline_benches::{Options, Result, print_machine};

/// Enough that a round takes a second or so.
const EVENTS: usize = 20_000;

/// Rounds beyond these say nothing new: the broker's disk differs more.
const ROUNDS: usize = 5;

/// What is measured, in the order of the rows.
#[derive(Debug, Default)]
struct Rates {
    raw_publish: Vec<f64>,
    our_publish: Vec<f64>,
    aio_pika: Vec<f64>,
    relay: Vec<f64>,
    drain: Vec<f64>,
    raw_each: Vec<f64>,
    raw_grouped: Vec<f64>,
    our_take: Vec<f64>,
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
    let mut rates = Rates::default();
    for _ in 0..rounds {
        publishing(&url, &raw, &ours, &mut rates).await?;
        taking(&raw, &ours, &mut rates).await?;
        outbox(&url, &folder, &ours, &mut rates).await?;
    }
    print(rates, rounds);
    ours.close(Duration::from_secs(5)).await;
    Ok(())
}

async fn publishing(url: &str, raw: &Raw, ours: &Ours, rates: &mut Rates) -> Result<()> {
    let at = Instant::now();
    raw.publish(EVENTS).await?;
    rates.raw_publish.push(rate(at.elapsed()));
    let at = Instant::now();
    ours.publish(EVENTS).await?;
    rates.our_publish.push(rate(at.elapsed()));
    rates.aio_pika.extend(aio_pika(url, EVENTS / 4).await?);
    Ok(())
}

async fn taking(raw: &Raw, ours: &Ours, rates: &mut Rates) -> Result<()> {
    raw.fill(EVENTS).await?;
    rates.raw_each.push(rate(raw.take(EVENTS, Told::Each).await?));
    rates.our_take.push(rate(ours.take(EVENTS).await?));
    raw.fill(EVENTS).await?;
    rates
        .raw_grouped
        .push(rate(raw.take(EVENTS, Told::Grouped).await?));
    Ok(())
}

async fn outbox(url: &str, folder: &Path, ours: &Ours, rates: &mut Rates) -> Result<()> {
    rates
        .relay
        .push(rate(relay(url, &folder.join("relay"), EVENTS).await?));
    rates
        .drain
        .push(rate(drain(url, &folder.join("drain"), EVENTS).await?));
    std::fs::remove_dir_all(folder)?;
    // With the one that made the connection.
    ours.take(2 * EVENTS + 1).await?;
    Ok(())
}

fn print(rates: Rates, rounds: usize) {
    let without_python = rates.aio_pika.is_empty();
    let [raw_publish, our_publish, aio_pika, relay, drain] = [
        rates.raw_publish,
        rates.our_publish,
        rates.aio_pika,
        rates.relay,
        rates.drain,
    ]
    .map(median);
    let [each, grouped, our_take] = [rates.raw_each, rates.raw_grouped, rates.our_take].map(median);
    println!("\nEvents of 1 KiB over RabbitMQ, {EVENTS} a turn: medians of {rounds} rounds");
    print_machine();
    println!("| publish with confirms | lapin in batches of 64       | {raw_publish:>7.0} a second |");
    if without_python {
        println!(
            "|                       | aio-pika                     | skipped: no python3 with aio-pika |"
        );
    } else {
        println!("|                       | aio-pika, 500 at a time      | {aio_pika:>7.0} a second |");
    }
    println!("|                       | trunkline                    | {our_publish:>7.0} a second |");
    println!("|                       | trunkline, through an outbox | {relay:>7.0} a second |");
    println!("|                       | an outbox after a restart    | {drain:>7.0} a second |");
    println!("| take and acknowledge  | lapin, each by itself        | {each:>7.0} a second |");
    println!("|                       | lapin, in groups of 64       | {grouped:>7.0} a second |");
    println!("|                       | trunkline                    | {our_take:>7.0} a second |");
    let times = |ours: f64, other: f64| ours / other;
    println!(
        "publishing: {:.2} x lapin (goal: at least 0.9)",
        times(our_publish, raw_publish)
    );
    if !without_python {
        println!(
            "            {:.2} x aio-pika (goal: at least 4)",
            times(our_publish, aio_pika)
        );
    }
    println!(
        "the outbox: {:.2} x lapin (goal: at least 0.7)",
        times(relay, raw_publish)
    );
    println!(
        "taking: {:.2} x lapin, each by itself (goal: at least 3)",
        times(our_take, each)
    );
    println!("        {:.2} x lapin, in groups", times(our_take, grouped));
}

fn rate(took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let events = EVENTS as f64;
    events / took.as_secs_f64()
}

/// Zero where there are none.
fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
