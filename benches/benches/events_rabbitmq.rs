//! What an event costs over `RabbitMQ`, beside lapin as a careful user writes it: quorum queues, persistent, 1 KiB.
//!
//! `AMQP_TEST_URL=amqp://… cargo bench --bench events_rabbitmq`; without a broker there is nothing to measure.

use std::env;
use std::time::Duration;

use tokio::time::Instant;
use trunkline_benches::rabbitmq::{Ours, Raw};
use trunkline_benches::{Options, print_machine, runtime};

/// Enough that a round takes a second or so.
const EVENTS: usize = 20_000;

/// Rounds beyond these say nothing new: the broker's disk differs more.
const ROUNDS: usize = 5;

fn main() -> trunkline_benches::Result<()> {
    let Ok(url) = env::var("AMQP_TEST_URL") else {
        println!("\nEvents over RabbitMQ: skipped, AMQP_TEST_URL names no broker");
        return Ok(());
    };
    let rounds = Options::from_args().rounds.min(ROUNDS);
    runtime().block_on(measure(&url, rounds))
}

async fn measure(url: &str, rounds: usize) -> trunkline_benches::Result<()> {
    let (raw, ours) = (Raw::connect(url).await?, Ours::connect(url).await?);
    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        let at = Instant::now();
        raw.publish(EVENTS).await?;
        rates[0].push(rate(at));
        let at = Instant::now();
        ours.publish(EVENTS).await?;
        rates[1].push(rate(at));
        let at = Instant::now();
        raw.take(EVENTS).await?;
        rates[2].push(rate(at));
        let at = Instant::now();
        ours.take(EVENTS).await?;
        rates[3].push(rate(at));
    }
    let [raw_publish, our_publish, raw_take, our_take] = rates.map(median);
    println!("\nEvents of 1 KiB over RabbitMQ, {EVENTS} a turn: medians of {rounds} rounds");
    print_machine();
    println!("| publish with confirms | lapin in batches of 64 | {raw_publish:>7.0} a second |");
    println!("|                       | trunkline              | {our_publish:>7.0} a second |");
    println!("| take and acknowledge  | lapin, each by itself  | {raw_take:>7.0} a second |");
    println!("|                       | trunkline              | {our_take:>7.0} a second |");
    println!(
        "publishing: {:.2} x lapin (goal: at least 0.9)",
        our_publish / raw_publish
    );
    println!("taking: {:.2} x lapin (goal: at least 3)", our_take / raw_take);
    ours.close(Duration::from_secs(5)).await;
    Ok(())
}

fn rate(since: Instant) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let events = EVENTS as f64;
    events / since.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
