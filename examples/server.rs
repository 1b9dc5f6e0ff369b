//! A service in the middle of a chain: an axum server that takes the trace id and the deadline of its caller, and calls
//! on with both.
//!
//! `cargo run --example server`. It starts two servers, calls the first as a customer would, and ends. The logs are those of
//! the servers: `RUST_LOG=trunkline=debug,info` shows more of them.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use trunkline::context::{self, Context, ContextLayer};
use trunkline::{Client, Error, Result, ServiceConfig, service};

#[derive(Debug, Deserialize, Serialize)]
struct Offer {
    item: String,
    price: u32,
    /// The trace id as the last server of the chain saw it.
    trace_id: String,
    /// What the last server was told that it may take.
    milliseconds_left: String,
}

/// The last server of the chain.
#[service("price-service")]
trait PriceService {
    #[get("/prices/{item}")]
    async fn price(&self, item: &str) -> Result<Offer>;
}

/// The server in the middle.
#[service("shop")]
trait Shop {
    #[get("/offers/{item}")]
    async fn offer(&self, item: &str) -> Result<Offer>;
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    log_to_stdout();
    let prices = serve(Router::new().route("/prices/{item}", get(price))).await?;
    let client = Client::builder()
        .name("shop")
        .service("price-service", ServiceConfig::new().url(prices))
        .build()?;
    let shop = serve(shop(PriceServiceClient::new(&client))).await?;

    let customer = Client::builder()
        .name("customer")
        .service("shop", ServiceConfig::new().url(shop))
        .build()?;
    let shop = ShopClient::new(&customer);
    let context = Context::new()
        .with_trace_id("visit-17")
        .with_timeout(Duration::from_secs(2));
    println!(
        "in time:  {:?}",
        context::scope(context, shop.offer("bolt")).await?
    );

    // The chain shares one deadline: the shop's call is given up when the customer's time is over, not 30 s later.
    let context = Context::new()
        .with_trace_id("visit-18")
        .with_timeout(Duration::from_millis(300));
    let late = context::scope(context, shop.offer("slow")).await;
    println!(
        "too late: {}",
        late.map_or_else(|error| error.to_string(), |offer| format!("{offer:?}"))
    );
    // Lets the shop log how its own call ended.
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

/// The layer reads the headers of each request and runs its handler in their context.
fn shop(prices: PriceServiceClient) -> Router {
    Router::new()
        .route("/offers/{item}", get(offer))
        .layer(ContextLayer::new())
        .with_state(prices)
}

async fn offer(State(prices): State<PriceServiceClient>, Path(item): Path<String>) -> Response {
    tracing::info!(item, "asking for the price");
    match prices.price(&item).await {
        Ok(offer) => Ok(Json(offer)),
        Err(error) => {
            tracing::warn!(%error, "no offer");
            Err(status_of(&error))
        }
    }
}

type Response = std::result::Result<Json<Offer>, StatusCode>;

/// What a gateway answers: whose fault it was decides.
fn status_of(error: &Error) -> StatusCode {
    if error.is_timeout() {
        StatusCode::GATEWAY_TIMEOUT
    } else if error.is_unavailable() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::BAD_GATEWAY
    }
}

/// The last server has no layer, so that the headers are seen as they came.
async fn price(Path(item): Path<String>, headers: HeaderMap) -> Json<Offer> {
    if item == "slow" {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let header = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("none")
            .to_owned()
    };
    Json(Offer {
        item,
        price: 3,
        trace_id: header("x-trace-id"),
        milliseconds_left: header("x-request-timeout-ms"),
    })
}

async fn serve(app: Router) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

fn log_to_stdout() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .without_time()
        .init();
}
