//! How fast events are put on disk, beside redb with one durable append after the other.
//!
//! `TMPDIR` says on which disk. All that is compared is measured in turns: a disk is not the same for long.

use std::time::Duration;

use tokio::runtime::Builder;
use trunkline_benches::outbox::{Accepted, accepted, single_appends};
use trunkline_benches::{Options, Result, print_machine};

/// Rounds beyond these say nothing new: the disk differs more.
const ROUNDS: usize = 5;

/// Long enough for some hundred commits.
const TURN: Duration = Duration::from_secs(1);

/// How many publish at a time; the second is with a broker that takes what was accepted.
const PRODUCERS: [(usize, bool); 4] = [(64, false), (64, true), (256, false), (1024, false)];

fn main() -> Result<()> {
    let rounds = Options::from_args().rounds.min(ROUNDS);
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let mut single = Vec::new();
    let mut ours: [Vec<Accepted>; PRODUCERS.len()] = [const { Vec::new() }; PRODUCERS.len()];
    for _ in 0..rounds {
        single.push(single_appends(TURN)?);
        for (rounds, (producers, is_relayed)) in ours.iter_mut().zip(PRODUCERS) {
            rounds.push(runtime.block_on(accepted(producers, TURN, is_relayed))?);
        }
    }
    let single = median(single);
    println!("\nEvents of 1 KiB in the outbox: medians of {rounds} rounds");
    print_machine();
    println!("redb, one durable append after the other: {single:.0} a second");
    for (rounds, (producers, is_relayed)) in ours.iter().zip(PRODUCERS) {
        let of = |figure: &dyn Fn(&Accepted) -> f64| median(rounds.iter().map(figure).collect());
        let at = |percent| of(&|round| round.percentile(percent).as_secs_f64() * 1e3);
        let rate = of(&|round| round.rate);
        println!(
            "| {producers:>4} publish{} | {rate:>6.0} a second | {:>5.1} x redb | p50 {:>5.2} ms | p99 {:>5.2} ms | {:>4.0} a commit |",
            if is_relayed {
                ", all is relayed"
            } else {
                "                 "
            },
            rate / single,
            at(50),
            at(99),
            of(&|round| round.shared),
        );
    }
    println!("goal: at least 9 x redb with 64 who publish, p99 at most 20 ms");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
