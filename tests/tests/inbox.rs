//! A durable inbox: what was handled before a restart, or a kill, is not handled again. In real time: a disk has no other.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline::{Client, Delivery, ErrorKind, HandlerError, Inbox, Result, Worker};
use trunkline_tests::events::Paid;

const SOON: Duration = Duration::from_secs(60);

/// The directory of one test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("trunkline-inbox-test-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn client(&self) -> Client {
        client_in(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn client_in(directory: &Path) -> Client {
    let client = Client::builder()
        .name("orders")
        .outbox(directory.join("outbox"))
        .build();
    client.expect("legal settings")
}

async fn publish(client: &Client, order: u32) {
    let publish = client
        .events()
        .publish(&Paid { order })
        .id(format!("paid-{order}"));
    publish.await.expect("stored");
}

/// A worker that tells which orders it handled.
async fn shipping(client: &Client, inbox: Inbox, tell: &mpsc::UnboundedSender<u32>) -> Result<Worker> {
    let tell = tell.clone();
    // One at a time: whichever is handled, those before it are dealt with.
    let subscribe = client.events().subscribe("shipping").inbox(inbox).concurrency(1);
    let subscribe = subscribe.on(move |event: Delivery<Paid>| {
        let tell = tell.clone();
        async move { tell.send(event.order) }
    });
    subscribe.start().await
}

#[tokio::test]
async fn what_was_handled_before_a_restart_is_not_handled_again() -> Result<()> {
    let folder = Folder::new();
    let (tell, mut handled) = mpsc::unbounded_channel();
    let client = folder.client();
    let worker = shipping(&client, Inbox::durable(100), &tell).await?;
    for order in 0..3 {
        publish(&client, order).await;
        assert_eq!(handled.recv().await, Some(order));
    }
    worker.shutdown(SOON).await?;
    client.shutdown(SOON).await;
    drop(client);

    let client = folder.client();
    let _worker = shipping(&client, Inbox::durable(100), &tell).await?;
    for order in 0..4 {
        publish(&client, order).await;
    }
    assert_eq!(timeout(SOON, handled.recv()).await.expect("one is new"), Some(3));
    assert_eq!(client.metrics().events.queues["shipping"].duplicates, 3);
    assert!(handled.try_recv().is_err());
    client.shutdown(SOON).await;
    Ok(())
}

#[tokio::test]
async fn an_inbox_in_memory_forgets_and_subscriptions_have_their_own() -> Result<()> {
    let folder = Folder::new();
    let (tell, mut handled) = mpsc::unbounded_channel();
    let client = folder.client();
    let _worker = shipping(&client, Inbox::durable(100), &tell).await?;
    publish(&client, 7).await;
    assert_eq!(handled.recv().await, Some(7));
    client.shutdown(SOON).await;
    drop(client);

    let client = folder.client();
    let _in_memory = shipping(&client, Inbox::memory(100), &tell).await?;
    publish(&client, 7).await;
    assert_eq!(handled.recv().await, Some(7), "it is forgotten");
    let told = tell.clone();
    let audit = client.events().subscribe("audit").inbox(Inbox::durable(100));
    let audit = audit.on(move |event: Delivery<Paid>| {
        let tell = told.clone();
        async move { tell.send(event.order + 100) }
    });
    let _audit = audit.start().await?;
    publish(&client, 7).await;
    assert_eq!(
        timeout(SOON, handled.recv()).await.expect("it is new to them"),
        Some(107)
    );
    client.shutdown(SOON).await;
    Ok(())
}

#[tokio::test]
async fn a_handler_that_failed_is_not_remembered() -> Result<()> {
    let folder = Folder::new();
    let client = folder.client();
    let (tell, mut attempts) = mpsc::unbounded_channel();
    let subscribe = client.events().subscribe("shipping").inbox(Inbox::durable(100));
    let subscribe = subscribe.on(move |event: Delivery<Paid>| {
        tell.send(event.attempt()).expect("the test listens");
        async { Err::<(), _>(HandlerError::reject("no")) }
    });
    let _worker = subscribe.start().await?;
    for _ in 0..2 {
        publish(&client, 7).await;
        assert_eq!(timeout(SOON, attempts.recv()).await.expect("it comes"), Some(1));
    }
    client.shutdown(SOON).await;
    Ok(())
}

#[tokio::test]
async fn a_durable_inbox_needs_an_outbox() -> Result<()> {
    let client = Client::builder().build()?;
    let (tell, _handled) = mpsc::unbounded_channel();
    let error = shipping(&client, Inbox::durable(100), &tell).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("`ClientBuilder::outbox`"), "{error}");
    Ok(())
}

const DIRECTORY: &str = "TRUNKLINE_TEST_INBOX";
const HANDLED: &str = "handled one";
const KILLS: usize = 6;
/// More than all processes together handle.
const ORDERS: u32 = 800;

/// event fault 18 on `memory:`, with the process killed instead of the connection
#[test]
fn a_killed_process_does_not_handle_again_what_it_has_handled() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a directory");
    for round in 0..KILLS {
        run_and_kill(&folder.0, 1 + 3 * round);
    }
    let text = std::fs::read_to_string(folder.0.join("handled")).expect("they handled something");
    let mut times = BTreeMap::<&str, usize>::new();
    for order in text.lines() {
        *times.entry(order).or_default() += 1;
    }
    assert!(times.len() >= 20, "the processes did something: {times:?}");
    // One event at a time: a kill may come between the end of its handler and the mark, and nowhere else.
    let again: usize = times.values().map(|times| times - 1).sum();
    assert!(again <= KILLS, "{again} handled again: {times:?}");
}

/// Runs the process below, and kills it when it has handled so many more: nobody knows what it does then.
fn run_and_kill(directory: &Path, handled: usize) {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "--nocapture", "handles_until_killed"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test binary runs");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let lines = output.lines().map(|line| line.expect("text"));
    let said = lines.filter(|line| line == HANDLED).take(handled).count();
    assert_eq!(said, handled, "it ended by itself");
    child.kill().expect("it runs");
    child.wait().expect("it ended");
}

/// A part of the test above: publishes the same orders over and over, and writes down which one it handles.
#[tokio::test]
async fn handles_until_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else {
        return;
    };
    let client = client_in(&directory);
    let subscribe = client.events().subscribe("shipping").concurrency(1);
    let subscribe = subscribe
        .inbox(Inbox::durable(1000))
        .on(move |event: Delivery<Paid>| {
            let file = directory.join("handled");
            async move {
                let mut file = OpenOptions::new().create(true).append(true).open(file)?;
                file.write_all(format!("{}\n", event.order).as_bytes())?;
                println!("\n{HANDLED}");
                Ok::<(), std::io::Error>(())
            }
        });
    let _worker = subscribe.start().await.expect("a legal subscription");
    loop {
        for order in 0..ORDERS {
            publish(&client, order).await;
        }
    }
}
