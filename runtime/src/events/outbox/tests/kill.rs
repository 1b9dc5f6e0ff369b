//! A process that is killed while it writes: event fault 4, the store's part.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use super::*;
use crate::random::Random;

const DIRECTORY: &str = "TRUNKLINE_TEST_OUTBOX";
const ROUND: &str = "TRUNKLINE_TEST_ROUND";
const PRODUCERS: usize = 32;

/// What a killed process said that it had done.
#[derive(Default)]
struct Said {
    accepted: HashSet<String>,
    relayed: Vec<String>,
}

impl Said {
    fn read(&mut self, output: &str) {
        let whole = output.rsplit_once('\n').map_or("", |(whole, _)| whole);
        for line in whole.lines() {
            match line.split_once(' ') {
                Some(("accepted", id)) => drop(self.accepted.insert(id.to_owned())),
                Some(("relayed", id)) => self.relayed.push(id.to_owned()),
                Some(_) | None => {}
            }
        }
    }
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_it_accepted() {
    let folder = Folder::new();
    let random = Random::from_seed(4);
    let mut said = Said::default();
    for round in 0..5 {
        let lines = 100 + random.next_u64() % 3000;
        said.read(&run_and_kill(&folder, round, lines));
    }
    assert!(said.accepted.len() > 100, "the processes did something");

    let store = folder.open();
    let left: HashSet<String> = take_all(&store)
        .await
        .iter()
        .map(|taken| taken.record().id.clone())
        .collect();
    let relayed: HashSet<String> = said.relayed.iter().cloned().collect();
    let lost: Vec<_> = said
        .accepted
        .iter()
        .filter(|id| !left.contains(*id) && !relayed.contains(*id))
        .collect();
    assert!(lost.is_empty(), "{} of {} lost", lost.len(), said.accepted.len());
    // A window and what was confirmed within a commit's time, a kill.
    let duplicates = said.relayed.len() - relayed.len();
    assert!(
        duplicates <= 5 * (64 + 2000),
        "{duplicates} of {} relayed twice",
        said.relayed.len()
    );
}

/// Runs the producer below in a process of its own, and kills it when it has said so much: nobody knows what it does then.
fn run_and_kill(folder: &Folder, round: u32, lines: u64) -> String {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .args([
            "--exact",
            "--nocapture",
            "events::outbox::tests::kill::produces_until_killed",
        ])
        .env(DIRECTORY, folder.path())
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test binary runs");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut text = String::new();
    for _ in 0..lines {
        let read = output.read_line(&mut text).expect("text");
        assert!(read > 0, "it ended by itself: {text}");
    }
    child.kill().expect("it runs");
    // What it said before is in the pipe.
    output.read_to_string(&mut text).expect("text");
    child.wait().expect("it ended");
    text
}

/// Does nothing where nobody told it to: it is a part of the test above.
#[test]
fn produces_until_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let round = std::env::var(ROUND).expect("set together");
    let store = Store::open(Path::new(&directory), Bounds::default()).expect("adopted");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        say("started", "");
        let mut tasks = tokio::task::JoinSet::new();
        for producer in 0..PRODUCERS {
            let (store, round) = (store.clone(), round.clone());
            tasks.spawn(async move {
                for number in 0.. {
                    let id = format!("{round}-{producer}-{number}");
                    store.accept(record(&id)).await.expect("accepted");
                    say("accepted", &id);
                }
            });
        }
        tasks.spawn(async move {
            loop {
                let taken = store.take(64).await.expect("open");
                if taken.is_empty() {
                    store.arrived().await;
                }
                for taken in taken {
                    say("relayed", &taken.record().id);
                    taken.confirm();
                }
            }
        });
        tasks.join_next().await;
    });
}

fn say(what: &str, id: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(format!("\n{what} {id}\n").as_bytes());
}
