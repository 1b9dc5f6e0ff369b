//! Instructions a call.

use std::process::exit;

use trunkline_benches::instructions::{asked, can_be_counted, counted};
use trunkline_benches::{Bare, Client, Middleware, Naive, Trunkline, Workload, run, runtime};

/// Two runs, so that the start of the process and of the connection is in both and falls out.
const FEW: u32 = 200;
const MANY: u32 = 1200;

/// Makes the calls of a counted run, and ends, when this process is one.
pub(super) fn run_if_asked(url: &str) {
    let Some((work, calls)) = asked() else { return };
    if let [client, workload] = &*work {
        let workload = Workload::ALL
            .into_iter()
            .find(|known| known.name() == workload)
            .expect("a known workload");
        match &**client {
            Naive::NAME => make_calls::<Naive>(url, workload, calls),
            Middleware::NAME => make_calls::<Middleware>(url, workload, calls),
            Trunkline::NAME => make_calls::<Trunkline>(url, workload, calls),
            _ => make_calls::<Bare>(url, workload, calls),
        }
    }
    exit(0);
}

fn make_calls<C: Client>(url: &str, workload: Workload, calls: u32) {
    let runtime = runtime();
    let client = C::at(url);
    runtime.block_on(run(&client, workload, 1, calls));
}

/// Prints the instructions a call of each client.
pub(super) fn print() {
    if !can_be_counted() {
        println!("\nInstructions: skipped, valgrind is not installed");
        return;
    }
    println!("\nInstructions a call, in process");
    for workload in [Workload::Post, Workload::Get] {
        let [naive, middleware, all, bare] = [Naive::NAME, Middleware::NAME, Trunkline::NAME, Bare::NAME]
            .map(|client| counted(&[client, workload.name()], FEW, MANY));
        println!(
            "{}: naive reqwest {naive}, reqwest-middleware {middleware}, trunkline {all}, \
             of which stages above the transport {}",
            workload.name(),
            all.saturating_sub(bare)
        );
    }
}
