//! The inboxes of a client: workers of one queue remember together.

use std::sync::{Arc, Mutex, Weak};

use super::{Inbox, Seen};
use crate::client::lock;
use crate::events::text::Text;

/// The inboxes of the running subscriptions, each of which goes with the last worker that has it.
#[derive(Default)]
pub(in super::super) struct Inboxes(Mutex<Vec<Shared>>);

struct Shared {
    label: Text,
    inbox: Inbox,
    seen: Weak<Seen>,
}

impl Inboxes {
    /// The inbox of this label: that of another worker, where one has the same.
    pub(in super::super) fn share(&self, label: &Text, inbox: Inbox) -> Arc<Seen> {
        let mut shared = lock(&self.0);
        shared.retain(|one| one.seen.strong_count() > 0);
        let same = shared
            .iter()
            .find(|one| one.label == *label && one.inbox == inbox);
        if let Some(seen) = same.and_then(|one| one.seen.upgrade()) {
            return seen;
        }
        let seen = Arc::new(Seen::new(inbox));
        shared.push(Shared {
            label: label.clone(),
            inbox,
            seen: Arc::downgrade(&seen),
        });
        seen
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;
    use crate::{Client, Delivery, Worker};

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn an_inbox_is_that_of_its_label_and_goes_with_its_last_worker() {
        let inboxes = Inboxes::default();
        let open = |label: &str, inbox| inboxes.share(&Text::copy(label), inbox);
        let first = open("shipping", Inbox::default());
        assert!(Arc::ptr_eq(&first, &open("shipping", Inbox::default())));
        assert!(!Arc::ptr_eq(&first, &open("audit", Inbox::default())));
        assert!(!Arc::ptr_eq(&first, &open("shipping", Inbox::memory(7))));
        drop(first);
        let _audit = open("audit", Inbox::default());
        assert_eq!(lock(&inboxes.0).len(), 1);
    }

    async fn worker(client: &Client, number: usize, tell: &mpsc::UnboundedSender<(usize, String)>) -> Worker {
        let tell = tell.clone();
        let subscribe = client.events().subscribe("shipping");
        let subscribe = subscribe.on_named("paid", move |event: Delivery<_>| {
            let told = tell.send((number, event.id().to_owned()));
            async { told }
        });
        subscribe.start().await.expect("legal")
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_does_not_handle_what_another_of_its_client_has_handled() {
        let client = Client::builder().build().expect("legal");
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut workers = [
            Some(worker(&client, 0, &tell).await),
            Some(worker(&client, 1, &tell).await),
        ];
        let publish = |id: &str| client.events().publish_named("paid", &7).id(id);
        publish("7").await.expect("room");
        let (first, _) = told.recv().await.expect("handled");
        let worker = workers[first].take().expect("it runs");
        worker.shutdown(SOON).await.expect("in process");
        publish("7").await.expect("room");
        publish("8").await.expect("room");
        assert_eq!(told.recv().await, Some((1 - first, "8".to_owned())));
        assert_eq!(client.metrics().events.queues["shipping"].duplicates, 1);
    }
}
