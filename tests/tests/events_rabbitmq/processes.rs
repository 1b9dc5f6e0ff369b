//! Processes that are killed: one that publishes, one whose handler takes it down. A child is this program once more.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use trunkline::{Client, Context, DeadLetter, Delivery, Events, HandlerError, Inbox, PublishFailure, Stage};
use trunkline_tests::broker::Broker;

use crate::support::{
    Folder, Numbered, PATIENCE, SECOND, Tally, builder, client, numbered, scaled, start, tallying, unique,
    wait_until,
};

/// The number whose handler takes its process down.
const POISON: u32 = 666;
/// What is on its way to the broker at a time, and what one commit of the outbox holds at most: the same events again, a kill.
const WINDOW: usize = 1000 + 32;

/// What a child is told.
const URL: &str = "TRUNKLINE_CHILD_URL";
const GROUP: &str = "TRUNKLINE_CHILD_GROUP";
const FOLDER: &str = "TRUNKLINE_CHILD_FOLDER";
const FIRST: &str = "TRUNKLINE_CHILD_FIRST";

/// This program, to run this test, and to be told these.
fn command(test: &str, told: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command
        .args(["--exact", "--nocapture", test])
        .envs(told.iter().copied());
    command
}

/// A child that does so and says nothing.
fn child(test: &str, told: &[(&str, &str)]) -> Child {
    let mut command = command(test, told);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it is this program")
}

fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where a child notes what it did; a line is written whole or not at all.
fn notes(folder: &Path) -> PathBuf {
    folder.join("notes")
}

fn note(folder: &Path, number: u32) {
    let file = OpenOptions::new().create(true).append(true).open(notes(folder));
    let line = format!("{number}\n");
    file.expect("a folder of the test")
        .write_all(line.as_bytes())
        .expect("written");
}

fn noted(folder: &Path) -> BTreeSet<u32> {
    let text = std::fs::read_to_string(notes(folder)).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole
        .lines()
        .map(|line| line.parse().expect("a number"))
        .collect()
}

fn with_outbox(url: &str, folder: &Path) -> Client {
    let client = builder(url).outbox(folder.join("outbox")).build();
    client.expect("legal settings")
}

/// Publishes from 32 tasks until it is killed, and notes what is accepted; nothing where nobody told it to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_until_killed() {
    let (Some(url), Some(group), Some(folder), Some(first)) =
        (told(URL), told(GROUP), told(FOLDER), told(FIRST))
    else {
        return;
    };
    let (folder, first): (PathBuf, u32) = (folder.into(), first.parse().expect("a number"));
    let events = with_outbox(&url, &folder).events();
    let producers = (0..32).map(|producer| {
        let (events, group, folder) = (events.clone(), group.clone(), folder.clone());
        tokio::spawn(async move {
            for number in (first + producer..).step_by(32) {
                events
                    .publish(&numbered(number))
                    .target(&group)
                    .await
                    .expect("accepted");
                note(&folder, number);
            }
        })
    });
    for producer in producers.collect::<Vec<_>>() {
        producer.await.expect("no panic");
    }
}

/// Handles until a number takes it down, and notes what it handled; nothing where nobody told it to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_until_poisoned() {
    let (Some(url), Some(group), Some(folder)) = (told(URL), told(GROUP), told(FOLDER)) else {
        return;
    };
    let (client, folder) = (client(&url), PathBuf::from(folder));
    let subscribe = client
        .events()
        .subscribe(&group)
        .on(move |event: Delivery<Numbered>| {
            let folder = folder.clone();
            async move {
                if event.number == POISON {
                    // The others, in the meantime, are handled and settled.
                    sleep(Duration::from_millis(300)).await;
                    std::process::abort();
                }
                note(&folder, event.number);
                Ok::<(), HandlerError>(())
            }
        });
    let _worker = start(subscribe).await;
    // Until it is killed.
    std::future::pending::<()>().await;
}

/// Lets a child publish, and kills it at random.
async fn publish_until_killed(broker: &Broker, group: &str, folder: &Path, first: u32) {
    let (url, path, first) = (broker.url(), folder.to_string_lossy(), first.to_string());
    let telling = [(URL, &*url), (GROUP, group), (FOLDER, &path), (FIRST, &first)];
    let mut publisher = child("processes::publishes_until_killed", &telling);
    let before = noted(folder).len();
    assert!(
        wait_until(PATIENCE, || noted(folder).len() > before).await,
        "it accepts events"
    );
    // Nobody can tell when: it is the fault.
    sleep(Duration::from_millis(at_random(500))).await;
    publisher.kill().expect("it runs");
    publisher.wait().expect("it ran");
}

fn at_random(below: u64) -> u64 {
    std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), below) % below
}

/// event fault 4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_accepted_event_is_lost_with_a_killed_publisher() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    for _ in 0..scaled(1, 20) {
        lose_no_accepted_event(&broker, scaled(3, 10)).await;
    }
}

async fn lose_no_accepted_event(broker: &Broker, kills: u32) {
    let (folder, group, tally) = (Folder::new(), unique("group"), Tally::default());
    std::fs::create_dir_all(folder.path()).expect("a folder");
    let consumer = client(&broker.url());
    let subscribe = tallying(&consumer.events(), &group, &tally).inbox(Inbox::off());
    let worker = start(subscribe.prefetch(256)).await;
    for kill in 0..kills {
        publish_until_killed(broker, &group, folder.path(), kill * 1_000_000).await;
    }
    let accepted = noted(folder.path());
    // Whoever comes next sends what is left.
    let successor = with_outbox(&broker.url(), folder.path());
    assert!(successor.events().state().is_ok());
    wait_until(PATIENCE, || tally.missing(accepted.iter().copied()).is_empty()).await;
    let missing = tally.missing(accepted.iter().copied());
    assert!(
        missing.is_empty(),
        "{} of {} accepted events are lost",
        missing.len(),
        accepted.len()
    );
    let duplicates = tally.total() - tally.distinct();
    println!(
        "fault 4: {} accepted, {kills} kills, {duplicates} duplicates",
        accepted.len()
    );
    assert!(
        duplicates <= WINDOW * usize::try_from(kills).expect("some"),
        "{duplicates}"
    );
    assert_eq!(
        tally.with_several_ids(),
        [0; 0],
        "what comes again has the same id"
    );
    worker.shutdown(SECOND).await.expect("settled");
    successor.shutdown(SECOND).await;
    consumer.shutdown(SECOND).await;
}

/// event fault 5
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_without_a_broker_is_sent_by_the_next_process() {
    let Some(mut broker) = Broker::start().await else {
        return;
    };
    let (folder, group, tally) = (Folder::new(), unique("group"), Tally::default());
    std::fs::create_dir_all(folder.path()).expect("a folder");
    let consumer = client(&broker.url());
    let worker = start(tallying(&consumer.events(), &group, &tally).prefetch(256)).await;
    broker.settle().await;
    broker.kill();
    let path = folder.path().to_string_lossy().into_owned();
    let telling = [
        (URL, &*broker.url()),
        (GROUP, &group),
        (FOLDER, &path),
        (FIRST, "0"),
    ];
    let mut publisher = child("processes::publishes_until_killed", &telling);
    let enough = usize::try_from(scaled(2_000, 20_000)).expect("some");
    assert!(
        wait_until(PATIENCE, || noted(folder.path()).len() >= enough).await,
        "it accepts events"
    );
    publisher.kill().expect("it runs");
    publisher.wait().expect("it ran");
    let accepted = noted(folder.path());
    broker.restart().await;
    let started = Instant::now();
    let successor = with_outbox(&broker.url(), folder.path());
    assert!(successor.events().state().is_ok());
    wait_until(PATIENCE, || tally.missing(accepted.iter().copied()).is_empty()).await;
    assert_eq!(
        tally.missing(accepted.iter().copied()),
        [0; 0],
        "of {}",
        accepted.len()
    );
    println!(
        "fault 5: {} accepted, drained in {:?}",
        accepted.len(),
        started.elapsed()
    );
    worker.shutdown(SECOND).await.expect("settled");
    successor.shutdown(SECOND).await;
    consumer.shutdown(SECOND).await;
}

/// Each of `bound` events is so large that all of them, were they in memory, would be seen: 128 MiB, or what the row says.
fn padding(bound: u32) -> String {
    "x".repeat(if bound == 100_000 { 1000 } else { 32 << 10 })
}

/// Fills an outbox and says how much memory that took at most; nothing where nobody told it to. Alone in its process, so
/// that nobody else's counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fills_its_outbox() {
    let (Some(folder), Some(bound)) = (told(FOLDER), told(FIRST)) else {
        return;
    };
    let (folder, bound): (PathBuf, u32) = (folder.into(), bound.parse().expect("a number"));
    // Nobody listens on port 1.
    let client = builder("amqp://127.0.0.1:1")
        .outbox(folder.join("outbox"))
        .outbox_bounds(usize::try_from(bound).expect("some"), usize::MAX)
        .build()
        .expect("legal settings");
    let events = client.events();
    let before = memory("VmRSS:");
    let producers = (0..128).map(|producer| {
        let (events, padding) = (events.clone(), padding(bound));
        tokio::spawn(async move {
            for number in (producer..bound).step_by(128) {
                let padding = padding.clone();
                let publish = events.publish(&Numbered { number, padding }).target("away");
                assert_eq!(publish.await.expect("there is room").stage(), Stage::Stored);
            }
        })
    });
    for producer in producers.collect::<Vec<_>>() {
        producer.await.expect("all are stored");
    }
    check_that_a_full_outbox_refuses_at_the_deadline(&events).await;
    let outbox = client.metrics().events.outbox.expect("there is one");
    assert_eq!(outbox.depth, u64::from(bound));
    // The most that there ever was, not what is left of it.
    let grown = memory("VmHWM:").saturating_sub(before);
    println!(
        "fault 6: {bound} stored, {} MiB on disk, {grown} MiB more",
        outbox.bytes >> 20
    );
    assert!(outbox.bytes >> 20 > 64, "too little to be seen in memory");
    assert!(grown <= 64, "{grown} MiB");
    client.shutdown(SECOND).await;
}

async fn check_that_a_full_outbox_refuses_at_the_deadline(events: &Events) {
    let late = (0..200).map(|number| {
        let started = Instant::now();
        let context = Context::new().with_timeout(SECOND);
        let events = events.clone();
        let publish = async move { events.publish(&numbered(number)).target("away").await };
        tokio::spawn(async move {
            let outcome = trunkline::context::scope(context, publish).await;
            (outcome, started.elapsed())
        })
    });
    for late in late.collect::<Vec<_>>() {
        let (outcome, took) = late.await.expect("no panic");
        let failure = outcome.expect_err("there is no room").publish_failure();
        assert_eq!(failure, Some(PublishFailure::OutboxFull));
        assert!((SECOND..SECOND * 3 / 2).contains(&took), "{took:?}");
    }
}

/// event fault 6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_outbox_says_so_at_the_deadline_and_memory_stays() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).expect("a folder");
    let (path, bound) = (folder.path().to_string_lossy(), scaled(4000, 100_000).to_string());
    let telling = [(FOLDER, &*path), (FIRST, &bound)];
    let child = command("processes::fills_its_outbox", &telling).output();
    let output = child.expect("it is this program");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    println!("{said}");
    assert!(output.status.success(), "{said}");
    assert!(said.contains("fault 6"), "it did nothing");
}

/// A figure of this process, in MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with(name));
    let figure = line.and_then(|line| line.split_whitespace().nth(1));
    let kib: u64 = figure.and_then(|figure| figure.parse().ok()).expect("a number");
    kib / 1024
}

/// event fault 17
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_kills_every_process_is_a_dead_letter_at_last_and_others_go_on() {
    let Some(broker) = Broker::start().await else {
        return;
    };
    let (folder, group) = (Folder::new(), unique("group"));
    std::fs::create_dir_all(folder.path()).expect("a folder");
    let client = client(&broker.url());
    let events = client.events();
    let context = Context::new().with_timeout(PATIENCE);
    trunkline::context::scope(context, async {
        for number in (0..20).chain([POISON]).chain(20..40) {
            events
                .publish(&numbered(number))
                .target(&group)
                .await
                .expect("confirmed");
        }
    })
    .await;
    let path = folder.path().to_string_lossy().into_owned();
    let telling = [(URL, &*broker.url()), (GROUP, &group), (FOLDER, &path)];
    let mut deaths = 0;
    let dead = loop {
        let dead = events.dead(&group).list().await.expect("the broker answers");
        if !dead.is_empty() {
            break dead;
        }
        deaths += 1;
        assert!(deaths <= 60, "the limit of deliveries is 50");
        let mut victim = child("processes::handles_until_poisoned", &telling);
        // One that lives on has nothing to die of any more.
        wait_until(10 * SECOND, || victim.try_wait().expect("it is ours").is_some()).await;
        // An error: it has ended.
        let _ = victim.kill();
        victim.wait().expect("it ran");
    };
    println!("fault 17: dead after {deaths} processes");
    let reasons: Vec<&str> = dead.iter().map(DeadLetter::reason).collect();
    assert_eq!(reasons, ["the broker gave up: delivery_limit"]);
    assert_eq!(dead[0].json::<Numbered>().expect("as published").number, POISON);
    // Of those that ended, which none did.
    assert_eq!(dead[0].attempts(), 0);
    let others: Vec<u32> = (0..40).collect();
    assert_eq!(noted(folder.path()).into_iter().collect::<Vec<_>>(), others);
    client.shutdown(SECOND).await;
}
