//! A subscriber as the messaging service sees it: its server.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use serde_json::{Value, json};
use tokio::sync::Notify;
use trunkline::{Client, Delivery, HandlerError, Raw, Reply, Result, ServiceClient, Subscribe};
use trunkline_tests::server::{client_of, serve};

use super::messaging::Messaging;

/// A subscriber: its client, and its server as the messaging service calls it.
pub(crate) struct Subscriber {
    _messaging: Messaging,
    pub(crate) client: Client,
    pub(crate) server: ServiceClient,
}

impl Subscriber {
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(
        settings: impl FnOnce(trunkline::ClientBuilder) -> trunkline::ClientBuilder,
    ) -> Self {
        let messaging = Messaging::start().await;
        let client = settings(messaging.client()).build().expect("legal settings");
        let callbacks = client
            .events()
            .callbacks("shipping")
            .expect("events go over HTTP");
        let url = serve(Router::new().nest_service("/internal/events", callbacks)).await;
        Self {
            _messaging: messaging,
            client,
            server: client_of("shipping", &url).service("shipping"),
        }
    }

    pub(crate) fn subscribe(&self) -> Subscribe {
        self.client.events().subscribe("shipping")
    }

    /// What the server answers to this body: status and reply.
    pub(crate) async fn post(&self, body: &Value) -> (u16, Option<u64>) {
        self.post_raw(&body.to_string()).await
    }

    pub(crate) async fn post_raw(&self, body: &str) -> (u16, Option<u64>) {
        let call = self
            .server
            .post("/internal/events/order.paid")
            .body(body.to_owned());
        outcome(
            call.header("content-type", "application/json")
                .retries(0)
                .send()
                .await,
        )
    }
}

/// The status, and the seconds of `Retry-After`.
pub(crate) fn outcome(reply: Result<Reply<Raw>>) -> (u16, Option<u64>) {
    match reply {
        Ok(reply) => (reply.status().as_u16(), None),
        Err(error) => {
            let status = error.status_code().expect("an answer");
            (status, error.retry_after().map(|after| after.as_secs()))
        }
    }
}

pub(crate) fn plain(id: &str, order: u32) -> Value {
    json!({
        "event_type": "order.paid", "data": { "order": order }, "target_service": null, "priority": "normal",
        "timestamp": "2026-01-02T03:04:05+00:00", "event_id": id, "source_service": "orders", "correlation_id": null
    })
}

/// What a handler waits at, so that a test sees it in the middle.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    begun: Arc<Notify>,
    open: Arc<Notify>,
}

type Handling = Pin<Box<dyn Future<Output = std::result::Result<(), HandlerError>> + Send>>;

impl Gate {
    /// A handler that says that it has begun, and ends well once it may.
    pub(crate) fn handler<T>(&self) -> impl Fn(Delivery<T>) -> Handling + Send + Sync + 'static {
        let gate = self.clone();
        move |_| {
            gate.begun.notify_one();
            let open = Arc::clone(&gate.open);
            Box::pin(async move {
                open.notified().await;
                Ok(())
            })
        }
    }

    /// Returns once a handler has begun.
    pub(crate) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Lets one handler end.
    pub(crate) fn open(&self) {
        self.open.notify_one();
    }
}
