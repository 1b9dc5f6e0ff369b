//! An imitation of family A's messaging service: takes events in both dialects, remembers who subscribed, and sends events
//! on where a test says so.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use trunkline::http::{HeaderMap, StatusCode};
use trunkline::{Client, ClientBuilder, Events};

/// How long a test waits for what must come.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Arrived {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("text")
    }
}

/// What a request is answered with.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl fmt::Display) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.to_string(),
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

#[derive(Default)]
struct Inside {
    arrived: Mutex<Vec<Arrived>>,
    replies: Mutex<VecDeque<Reply>>,
    news: Notify,
}

/// The messaging service; gone when it is dropped.
pub(crate) struct Messaging {
    address: String,
    inside: Arc<Inside>,
    serving: JoinHandle<()>,
}

impl Messaging {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0").await
    }

    pub(crate) async fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let inside = Arc::new(Inside::default());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&inside));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self {
            address,
            inside,
            serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers the next requests with these, and those after them well.
    pub(crate) fn answer(&self, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.inside.replies).extend(replies);
    }

    /// The requests to paths that end so.
    pub(crate) fn arrived(&self, end: &str) -> Vec<Arrived> {
        let arrived = lock(&self.inside.arrived);
        arrived
            .iter()
            .filter(|one| one.path.ends_with(end))
            .cloned()
            .collect()
    }

    pub(crate) fn published(&self) -> Vec<Arrived> {
        self.arrived("/publish")
    }

    /// Waits for so many requests to paths that end so.
    pub(crate) async fn wait_for(&self, end: &str, count: usize) -> Vec<Arrived> {
        let waiting = async {
            loop {
                let news = self.inside.news.notified();
                let arrived = self.arrived(end);
                if arrived.len() >= count {
                    return arrived;
                }
                news.await;
            }
        };
        timeout(SOON, waiting).await.expect("they arrive")
    }

    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder().name("orders").events(self.url())
    }

    pub(crate) fn events(&self) -> Events {
        self.client().build().expect("legal settings").events()
    }

    /// Ends, and gives its address to the next.
    pub(crate) async fn stop(self) -> String {
        self.serving.abort();
        while !self.serving.is_finished() {
            tokio::task::yield_now().await;
        }
        self.address.clone()
    }
}

impl Drop for Messaging {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(inside): State<Arc<Inside>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .expect("a whole body");
    let path = head.uri.path().to_owned();
    let is_health = path == "/health";
    lock(&inside.arrived).push(Arrived {
        path,
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    inside.news.notify_waiters();
    let next = if is_health {
        None
    } else {
        lock(&inside.replies).pop_front()
    };
    let ok = || {
        Reply::new(
            200,
            json!({ "success": true, "message": "ok", "timestamp": "2026-01-02 03:04:05" }),
        )
    };
    let Reply {
        status,
        headers,
        body,
    } = next.unwrap_or_else(ok);
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().expect("legal"));
    }
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
