//! Calls without a trait: a path template, arguments by name, and the reply read as it is wanted.
//!
//! `cargo run --example untyped`

use std::time::Duration;

use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use trunkline::http::Method;
use trunkline::{ByteStream, Client, Page, Result, ServiceConfig};

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by `Debug`")]
struct Order {
    id: u64,
    item: String,
}

#[derive(Serialize)]
struct Filter {
    open: bool,
    since: Option<u32>,
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let url = start_orders().await?;
    let client = Client::builder()
        .service("order-service", ServiceConfig::new().url(url))
        .build()?;

    arguments(&client).await?;
    envelopes(&client).await?;
    other_types(&client).await?;
    health(&client).await;
    Ok(())
}

/// Every argument has a name; a mistake in one is an error of the call, and nothing is sent then.
async fn arguments(client: &Client) -> Result<()> {
    println!("arguments");
    let orders = client.service("order-service");
    let reply = orders
        .get("/api/v1/echo/{id}")
        .path("id", "a/b c")
        .query("page", 1)
        .query("tag", ["new", "paid"])
        .query(
            "filter",
            Filter {
                open: true,
                since: None,
            },
        )
        .header("X-Tenant", "a")
        .timeout(Duration::from_secs(5))
        .send()
        .await?;
    println!("  {} from {}", reply.status(), reply.instance());
    println!("  {}", reply.text()?);
    let mistake = orders.get("/api/v1/echo/{id}").query("page", 1).send().await;
    println!(
        "  without a value for {{id}}: {}",
        mistake.map_or_else(|error| error.to_string(), |_| "sent".into())
    );
    Ok(())
}

/// `data` takes the value out of the envelope, `json` is the whole body; `client.call` is the one-line form.
async fn envelopes(client: &Client) -> Result<()> {
    println!("\nenvelopes");
    let order = json!({ "item": "bolt" });
    let reply = client
        .call("order-service", Method::POST, "/api/v1/orders")
        .json(&order)
        .send()
        .await?;
    println!("  data: {:?}", reply.data::<Order>()?);
    println!("  json: {}", reply.json::<Value>()?);
    Ok(())
}

/// `fetch` reads the reply as a method of a trait would.
async fn other_types(client: &Client) -> Result<()> {
    println!("\nother types");
    let orders = client.service("order-service");
    let page: Page<Order> = orders.get("/api/v1/orders").query("page", 2).fetch().await?;
    println!("  page {} of {}: {:?}", page.page, page.pages(), page.items);
    let mut file: ByteStream = orders.get("/api/v1/export").fetch().await?;
    let mut length = 0;
    while let Some(chunk) = file.chunk().await? {
        length += chunk.len();
    }
    println!("  a stream of {length} bytes");
    Ok(())
}

/// Asks once, past retry and breaker, and never fails: what went wrong is the reason.
async fn health(client: &Client) {
    println!("\nhealth");
    for name in ["order-service", "nobody"] {
        let health = client.service(name).health().await;
        println!(
            "  {name:<14} healthy: {}, because: {}",
            health.healthy, health.reason
        );
    }
}

async fn start_orders() -> std::io::Result<String> {
    let app = Router::new()
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/api/v1/echo/{id}", get(echo))
        .route("/api/v1/orders", post(place).get(list))
        .route("/api/v1/export", get(|| async { vec![b'x'; 100_000] }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

async fn echo(Path(id): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> String {
    let tenant = headers
        .get("x-tenant")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    format!(
        "id `{id}`, query `{}`, tenant `{tenant}`",
        query.unwrap_or_default()
    )
}

async fn place(Json(order): Json<Value>) -> Json<Value> {
    Json(json!({ "code": 0, "message": "ok", "data": { "id": 17, "item": order["item"] } }))
}

async fn list() -> Json<Value> {
    let items = json!([{ "id": 3, "item": "nut" }]);
    Json(json!({ "success": true, "data": items, "total": 3, "page": 2, "page_size": 2 }))
}
