//! The server on the other side: both services on one free port, with switches to make them fail.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A running server; it ends with the process.
pub(crate) struct Upstream {
    address: SocketAddr,
    switches: Arc<Switches>,
}

/// What the tour changes, and what it looks at afterwards.
#[derive(Default)]
struct Switches {
    hits: AtomicU32,
    failures_to_come: AtomicU32,
    stock_is_broken: AtomicBool,
    last_headers: Mutex<HashMap<String, String>>,
}

impl Upstream {
    pub(crate) async fn start() -> std::io::Result<Self> {
        let switches = Arc::new(Switches::default());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let app = app(&switches);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { address, switches })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests have arrived.
    pub(crate) fn hits(&self) -> u32 {
        self.switches.hits.load(Ordering::Relaxed)
    }

    /// Answers the next requests with 503.
    pub(crate) fn fail_next(&self, count: u32) {
        self.switches.failures_to_come.store(count, Ordering::Relaxed);
    }

    /// Answers questions about the stock with 500, or as it should.
    pub(crate) fn break_stock(&self, broken: bool) {
        self.switches.stock_is_broken.store(broken, Ordering::Relaxed);
    }

    /// A header of the last request.
    pub(crate) fn seen(&self, header: &str) -> String {
        let headers = self
            .switches
            .last_headers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        headers.get(header).cloned().unwrap_or_default()
    }
}

fn app(switches: &Arc<Switches>) -> Router {
    Router::new()
        .route("/api/v1/chat", post(chat))
        .route("/api/v1/models", get(models))
        .route("/api/v1/models/{id}", get(model))
        .route("/api/v1/orders", post(place))
        .route("/api/v1/stock/{item}", get(stock))
        .layer(from_fn_with_state(Arc::clone(switches), watch))
        .with_state(Arc::clone(switches))
}

/// Sees every request first: counts it, keeps its headers, and fails it where that is wanted.
async fn watch(State(switches): State<Arc<Switches>>, request: Request, next: Next) -> Response {
    switches.hits.fetch_add(1, Ordering::Relaxed);
    let headers = request.headers().iter();
    let text =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
    *switches
        .last_headers
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = text.collect();
    let fewer = |left: u32| left.checked_sub(1);
    match switches
        .failures_to_come
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer)
    {
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(_) => next.run(request).await,
    }
}

async fn chat(Json(request): Json<Value>) -> Json<Value> {
    let message = request["message"].as_str().unwrap_or_default();
    Json(json!({ "content": format!("{message} to you") }))
}

async fn models() -> Json<Value> {
    Json(json!([{ "id": "small", "context": 8_000 }, { "id": "large", "context": 200_000 }]))
}

async fn model(Path(id): Path<String>) -> Response {
    match id.as_str() {
        "small" => Json(json!({ "id": id, "context": 8_000 })).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn place(Json(order): Json<Value>) -> Json<Value> {
    if order["quantity"] == 0 {
        return Json(json!({ "code": 4001, "message": "the quantity is at least 1", "data": null }));
    }
    Json(json!({ "code": 0, "message": "ok", "data": { "id": 17, "item": order["item"] } }))
}

async fn stock(State(switches): State<Arc<Switches>>) -> Response {
    if switches.stock_is_broken.load(Ordering::Relaxed) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    Json(json!({ "code": 0, "message": "ok", "data": 42 })).into_response()
}
