//! The tables that a bench prints: Markdown, as it goes into the README.

use std::fs;
use std::process::Command;

use crate::rounds::{Figures, Shape};

/// Says on which machine, and how busy it was.
pub fn print_machine() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let compiler = Command::new("rustc").arg("--version").output().ok();
    let compiler = compiler.map_or_else(String::new, |output| {
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    println!(
        "{cores} cores of {}, {}, load {load}",
        processor(),
        compiler.trim()
    );
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    model.unwrap_or("an unknown processor").to_owned()
}

/// Prints the medians of one shape, a line a client.
pub fn print_table(shape: Shape, figures: &[Figures]) {
    let Shape { workload, in_flight } = shape;
    for Figures {
        name,
        cpu,
        ratio,
        rate,
    } in figures
    {
        let call = workload.name();
        println!("| {call:<10} | {in_flight:>9} | {name:<18} | {cpu:>11.2} | {ratio:>5.2} | {rate:>7.0} |");
    }
}

/// Prints the head of a table.
pub fn print_head() {
    println!("| call       | in flight | client             | CPU µs/call | ratio | calls/s |");
    println!("|------------|----------:|--------------------|------------:|------:|--------:|");
}
