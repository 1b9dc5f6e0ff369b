//! Instructions a call, counted by callgrind: this binary once more, under valgrind.

use std::env;
use std::process::{Command, exit};

use trunkline_benches::{Bare, Client, Middleware, Naive, Trunkline, Workload, run, runtime};

/// `--count <client> <workload> <calls>`: make these calls and nothing else.
const COUNT: &str = "--count";

/// Two runs, so that the start of the process and of the connection is in both and falls out.
const FEW: u64 = 200;
const MANY: u64 = 1200;

/// Makes the calls of a counted run, and ends, when this process is one.
pub(super) fn run_if_asked(url: &str) {
    let arguments: Vec<String> = env::args().collect();
    if let [_, first, client, workload, calls] = &*arguments
        && first == COUNT
    {
        let workload = Workload::ALL
            .into_iter()
            .find(|known| known.name() == workload)
            .expect("a known workload");
        let calls = calls.parse().expect("a number of calls");
        match &**client {
            Naive::NAME => make_calls::<Naive>(url, workload, calls),
            Middleware::NAME => make_calls::<Middleware>(url, workload, calls),
            Trunkline::NAME => make_calls::<Trunkline>(url, workload, calls),
            _ => make_calls::<Bare>(url, workload, calls),
        }
        exit(0);
    }
}

fn make_calls<C: Client>(url: &str, workload: Workload, calls: u32) {
    let runtime = runtime();
    let client = C::at(url);
    runtime.block_on(run(&client, workload, 1, calls));
}

/// Prints the instructions a call of each client.
pub(super) fn print() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("\nInstructions: skipped, valgrind is not installed");
        return;
    }
    println!("\nInstructions a call, in process");
    for workload in [Workload::Post, Workload::Get] {
        let [naive, middleware, all, bare] = [Naive::NAME, Middleware::NAME, Trunkline::NAME, Bare::NAME]
            .map(|client| a_call(client, workload));
        println!(
            "{}: naive reqwest {naive}, reqwest-middleware {middleware}, trunkline {all}, \
             of which stages above the transport {}",
            workload.name(),
            all.saturating_sub(bare)
        );
    }
}

fn a_call(client: &str, workload: Workload) -> u64 {
    let count = |calls| counted(client, workload, calls).unwrap_or_default();
    count(MANY).saturating_sub(count(FEW)) / (MANY - FEW)
}

/// The instructions of a whole run; `None` when valgrind does not say.
fn counted(client: &str, workload: Workload, calls: u64) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().ok()?)
        .args([COUNT, client, workload.name(), &calls.to_string()])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let line = report.lines().find(|line| line.contains("Collected :"))?;
    line.split_whitespace().last()?.parse().ok()
}
