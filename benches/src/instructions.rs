//! Instructions, counted by callgrind: this binary once more, under valgrind.

use std::env;
use std::process::Command;

/// What the first argument of a run that is counted is: it does its work and nothing else.
const COUNT: &str = "--count";

/// What a counted run was asked to do, and how often; `None` in a process that is no such run.
pub fn asked() -> Option<(Vec<String>, u32)> {
    let mut arguments = env::args().skip(1);
    if arguments.next()? != COUNT {
        return None;
    }
    let mut work: Vec<String> = arguments.collect();
    let times = work.pop()?.parse().ok()?;
    Some((work, times))
}

/// Whether there is something to count them with.
pub fn can_be_counted() -> bool {
    let valgrind = Command::new("valgrind").arg("--version").output();
    valgrind.is_ok_and(|output| output.status.success())
}

/// The instructions of one time of this work, by runs of two lengths, so that what begins and ends a process is in both and
/// falls out.
pub fn counted(work: &[&str], few: u32, many: u32) -> u64 {
    let count = |times| of_a_run(work, times).unwrap_or_default();
    count(many).saturating_sub(count(few)) / u64::from(many - few)
}

/// `None` when valgrind does not say.
fn of_a_run(work: &[&str], times: u32) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().ok()?)
        .arg(COUNT)
        .args(work)
        .arg(times.to_string())
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let line = report.lines().find(|line| line.contains("Collected :"))?;
    line.split_whitespace().last()?.parse().ok()
}
