//! A tour in a minute: typed calls, an error to act on, a retry that saves a call, a breaker, a trace id, an event, the
//! figures.
//!
//! `cargo run --example quickstart`. The upstream is embedded and listens on a free port of the loopback interface.

mod scenes;
mod services;
mod upstream;

use std::time::Duration;

use trunkline::{Client, ServiceConfig};

use services::{ModelServiceClient, OrderServiceClient};
use upstream::Upstream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let upstream = Upstream::start().await?;
    let client = client(&upstream.url())?;
    let models = ModelServiceClient::new(&client);
    let orders = OrderServiceClient::new(&client);
    println!(
        "two services, model-service and order-service, listen on {}",
        upstream.url()
    );

    scenes::typed_calls(&models).await?;
    scenes::errors(&orders).await?;
    scenes::retry(&models, &upstream).await?;
    scenes::breaker(&client, &orders, &upstream).await?;
    scenes::trace(&models, &upstream).await?;
    scenes::event(&client, &orders).await?;
    scenes::metrics(&client);

    client.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

/// One client for the whole process. Here the addresses are in code; `Client::from_env` takes them from the environment.
fn client(url: &str) -> trunkline::Result<Client> {
    Client::builder()
        .name("quickstart")
        .service("model-service", ServiceConfig::new().url(url))
        .service("order-service", ServiceConfig::new().url(url))
        .build()
}
