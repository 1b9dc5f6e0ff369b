//! The end of a worker, and of a client.

use tokio::time::{Instant, sleep, timeout};
use trunkline::{Client, Delivery, ErrorKind, Events, HandlerError, Result, Worker};
use trunkline_tests::events::{Log, Paid, SECOND, client};

/// A worker with four of six events in hand, for a second so far.
struct Busy {
    client: Client,
    log: Log,
    worker: Worker,
}

impl Busy {
    /// Each event takes its handler this many seconds.
    async fn start(seconds: u32) -> Self {
        let (client, log) = (client(), Log::start());
        let worker = slow(&client.events(), &log, seconds).await;
        publish(&client, 6).await;
        sleep(SECOND).await;
        Self { client, log, worker }
    }
}

/// A worker whose handler logs when it is done, after this many seconds.
async fn slow(events: &Events, log: &Log, seconds: u32) -> Worker {
    let log = log.clone();
    let subscribe = events
        .subscribe("shipping")
        .concurrency(4)
        .on(move |event: Delivery<Paid>| {
            let log = log.clone();
            async move {
                sleep(seconds * SECOND).await;
                log.push(&event);
                Ok::<(), HandlerError>(())
            }
        });
    subscribe.start().await.expect("a legal subscription")
}

async fn publish(client: &Client, orders: u32) {
    let receipts = client
        .events()
        .publish_all((0..orders).map(|order| Paid { order }))
        .await;
    assert!(receipts.iter().all(Result::is_ok));
}

fn depth(client: &Client) -> u64 {
    client.metrics().events.queues["shipping"].depth
}

/// event fault 23 on `memory:`
#[tokio::test(start_paused = true)]
async fn a_graceful_shutdown_under_load_loses_and_repeats_nothing() -> Result<()> {
    let client = client();
    let log = Log::start();
    let worker = slow(&client.events(), &log, 1).await;
    publish(&client, 100).await;
    sleep(5 * SECOND + SECOND / 2).await;
    let started = Instant::now();
    assert_eq!(worker.shutdown(10 * SECOND).await?.abandoned, 0);
    assert!(started.elapsed() <= SECOND);
    assert_eq!(log.all().len(), 24);
    let worker = slow(&client.events(), &log, 0).await;
    log.wait_for(100).await;
    let mut orders = log.orders();
    orders.sort_unstable();
    assert_eq!(orders, (0..100).collect::<Vec<_>>());
    worker.shutdown(SECOND).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn handlers_that_outlast_the_grace_give_their_events_back() -> Result<()> {
    let Busy { client, log, worker } = Busy::start(20).await;
    let started = Instant::now();
    assert_eq!(worker.shutdown(2 * SECOND).await?.abandoned, 4);
    assert_eq!(started.elapsed(), 2 * SECOND);
    assert!(log.all().is_empty());
    assert_eq!(depth(&client), 6);
    let _worker = slow(&client.events(), &log, 0).await;
    log.wait_for(6).await;
    assert_eq!(log.orders(), (0..6).collect::<Vec<_>>());
    Ok(())
}

/// With nobody to wait for it, and with the client's shutdown, which finds it though it was dropped.
#[tokio::test(start_paused = true)]
async fn a_dropped_worker_finishes_what_is_in_hand() {
    for is_shut_down in [false, true] {
        let Busy { client, log, worker } = Busy::start(5).await;
        drop(worker);
        if is_shut_down {
            assert_eq!(client.shutdown(10 * SECOND).await.abandoned, 0);
        } else {
            sleep(60 * SECOND).await;
        }
        assert_eq!((log.all().len(), depth(&client)), (4, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_is_dropped_leaves_the_rest_to_the_next_one() {
    let Busy { client, log, worker } = Busy::start(5).await;
    assert!(timeout(SECOND, worker.shutdown(20 * SECOND)).await.is_err());
    assert!(timeout(SECOND, client.shutdown(20 * SECOND)).await.is_err());
    assert_eq!(log.all().len(), 0);
    assert_eq!(client.shutdown(10 * SECOND).await.abandoned, 0);
    assert_eq!(log.all().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn of_two_shutdowns_at_once_the_shorter_grace_holds_and_both_count_what_was_left() -> Result<()> {
    let Busy { client, log, worker } = Busy::start(20).await;
    let started = Instant::now();
    let (of_worker, of_client) = tokio::join!(worker.shutdown(15 * SECOND), client.shutdown(2 * SECOND));
    assert_eq!((of_worker?.abandoned, of_client.abandoned), (4, 4));
    assert_eq!(started.elapsed(), 2 * SECOND);
    assert!(log.all().is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_of_a_client_ends_its_workers_first() -> Result<()> {
    let Busy { client, log, worker } = Busy::start(5).await;
    assert_eq!(client.shutdown(10 * SECOND).await.abandoned, 0);
    assert_eq!(log.all().len(), 4);
    let error = client.events().publish(&Paid { order: 7 }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShuttingDown);
    let late = client
        .events()
        .subscribe("late")
        .on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) });
    assert_eq!(late.start().await.unwrap_err().kind(), ErrorKind::ShuttingDown);
    worker.shutdown(SECOND).await?;
    Ok(())
}
