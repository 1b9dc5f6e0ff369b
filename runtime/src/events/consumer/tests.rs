//! A subscription whose durable inbox cannot be written. In real time: a disk has no other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};

use crate::{Client, Delivery, HandlerError, Inbox, QueueMetrics, Worker};

const SOON: Duration = Duration::from_secs(60);

/// The directory of one test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("trunkline-unmarked-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A client, and what its handlers tell and wait for.
struct Shop {
    client: Client,
    tell: mpsc::UnboundedSender<usize>,
    gate: Arc<Semaphore>,
    _folder: Folder,
}

impl Shop {
    fn new(name: &str) -> (Self, mpsc::UnboundedReceiver<usize>) {
        let folder = Folder::new(name);
        let client = Client::builder().name("orders").outbox(&folder.0).build();
        let (tell, told) = mpsc::unbounded_channel();
        let shop = Self {
            client: client.expect("legal settings"),
            tell,
            gate: Arc::new(Semaphore::new(0)),
            _folder: folder,
        };
        (shop, told)
    }

    /// A worker that tells its number for each attempt, and then waits at the gate.
    async fn worker(&self, number: usize) -> Worker {
        let (tell, gate) = (self.tell.clone(), Arc::clone(&self.gate));
        let subscribe = self.client.events().subscribe("shipping");
        let subscribe = subscribe.inbox(Inbox::durable(100)).concurrency(2);
        let subscribe = subscribe.on_named("paid", move |_: Delivery<_>| {
            let (tell, gate) = (tell.clone(), Arc::clone(&gate));
            async move {
                tell.send(number).expect("the test listens");
                gate.acquire().await.expect("the gate is there").forget();
                Ok::<(), HandlerError>(())
            }
        });
        subscribe.start().await.expect("legal")
    }

    async fn publish(&self, id: &str) {
        let publish = self.client.events().publish_named("paid", &7).id(id);
        publish.await.expect("stored").confirmed().await.expect("sent");
    }

    /// Lets the store end, as it does where the disk refuses.
    async fn end_store(&self) {
        let shared = self.client.events().shared;
        let outbox = shared.events.outbox.as_ref().expect("there is one");
        outbox.shutdown(Instant::now() + SOON).await;
    }

    fn queue(&self) -> QueueMetrics {
        self.client.metrics().events.queues["shipping"].clone()
    }

    async fn wait_for(&self, reached: impl Fn(&QueueMetrics) -> bool) {
        let waiting = async {
            while !reached(&self.queue()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(SOON, waiting).await.expect("it comes to that");
    }
}

#[tokio::test]
async fn what_cannot_be_marked_as_handled_is_not_acknowledged() {
    let (shop, mut told) = Shop::new("alone");
    let worker = shop.worker(1).await;
    shop.publish("7").await;
    assert_eq!(told.recv().await, Some(1));
    shop.end_store().await;
    shop.gate.add_permits(1);
    shop.wait_for(|queue| queue.handled == 1).await;
    assert_eq!(shop.queue().in_hand, 1);
    worker.shutdown(SOON).await.expect("in process");
    assert_eq!(
        (shop.queue().in_hand, shop.queue().depth),
        (0, 1),
        "it is given back"
    );
}

#[tokio::test]
async fn what_cannot_be_marked_is_not_handled_again_by_another_worker_of_the_client() {
    let (shop, mut told) = Shop::new("shared");
    let mut workers = [Some(shop.worker(0).await), Some(shop.worker(1).await)];
    shop.publish("7").await;
    let first = told.recv().await.expect("it is handled");
    shop.end_store().await;
    shop.gate.add_permits(2);
    shop.wait_for(|queue| queue.handled == 1).await;
    let worker = workers[first].take().expect("it runs");
    worker.shutdown(SOON).await.expect("in process");
    shop.wait_for(|queue| queue.duplicates == 1).await;
    assert_eq!((shop.queue().in_hand, shop.queue().attempts), (1, 1));
    assert!(told.try_recv().is_err());
}
