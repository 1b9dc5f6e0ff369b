//! Taking turns: what disturbs the machine for a while disturbs all clients alike.

use crate::clients::Client;
use crate::clock::Cost;
use crate::options::Options;
use crate::workload::{Workload, run, runtime};

/// Which calls, and how many of them at a time.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The calls.
    pub workload: Workload,
    /// How many at a time.
    pub in_flight: u32,
}

/// One client's turns: medians.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// What the table calls the client.
    pub name: &'static str,
    /// Microseconds of CPU a call.
    pub cpu: f64,
    /// CPU of a call as a share of the first client's in the same round.
    pub ratio: f64,
    /// Calls a second.
    pub rate: f64,
}

/// One client's turn: so many calls, and what they cost.
pub type Turn<'t> = (&'static str, Box<dyn FnMut(u32) -> Cost + 't>);

/// A client with warm connections, ready for its turns.
pub fn turn<C: Client>(url: &str, shape: Shape) -> Turn<'static> {
    let (runtime, client) = (runtime(), C::at(url));
    let Shape { workload, in_flight } = shape;
    runtime.block_on(run(&client, workload, in_flight, in_flight * 2));
    let turn = move |calls| {
        Cost::of(calls, || {
            runtime.block_on(run(&client, workload, in_flight, calls));
        })
    };
    (C::NAME, Box::new(turn))
}

/// Lets the clients take turns, each round in another order; the first is what the others are compared to.
pub fn interleave(options: Options, in_flight: u32, mut turns: Vec<Turn<'_>>) -> Vec<Figures> {
    let calls = calls_in(options, in_flight, &mut turns[0]);
    let count = turns.len();
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); count];
    for round in 0..options.rounds {
        for place in 0..count {
            let which = (round + place) % count;
            costs[which].push((turns[which].1)(calls));
        }
    }
    let first = costs[0].clone();
    let figures = |((name, _), costs): (&Turn<'_>, &Vec<Cost>)| Figures {
        name,
        cpu: median(costs.iter().map(Cost::cpu_per_call)),
        ratio: median(
            costs
                .iter()
                .zip(&first)
                .map(|(cost, first)| cost.cpu_per_call() / first.cpu_per_call()),
        ),
        rate: median(costs.iter().map(Cost::rate)),
    };
    turns.iter().zip(&costs).map(figures).collect()
}

/// How many calls fill a turn; at least some for each that is in flight.
fn calls_in(options: Options, in_flight: u32, (_, turn): &mut Turn<'_>) -> u32 {
    let probe = (in_flight * 2).max(100);
    let cost = turn(probe);
    let fill = f64::from(probe) * options.turn.as_secs_f64() / cost.wall.as_secs_f64();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few thousand"
    )]
    let fill = fill as u32;
    fill.max(in_flight * 2)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median([3.0, 1.0, 100.0].into_iter()) - 3.0).abs() < f64::EPSILON);
        assert!((median([4.0, 1.0, 2.0, 100.0].into_iter()) - 3.0).abs() < f64::EPSILON);
    }
}
