//! Where settings come from, which of them wins, and what a mistake in one says.
//!
//! `cargo run --example configuration`. A script takes the place of the servers and tells what arrived, so that the
//! effect of each setting is seen; `trunkline.toml` beside this file is the one that is read.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use trunkline::testing::{Recorded, Script, Step};
use trunkline::{CallOptions, Client, ClientBuilder, Result, ServiceConfig, service};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/trunkline.toml");

/// What the server saw.
#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by `Debug`")]
struct Seen {
    host: String,
    /// What is left of the call's time, less a small slack.
    milliseconds_left: String,
    tenant: String,
    key: String,
}

#[service("order-service", timeout = "20s")]
trait OrderService {
    #[get("/orders")]
    async fn list(&self) -> Result<Seen>;

    #[get("/report")]
    async fn report(&self) -> Result<Seen>;
}

#[tokio::main]
async fn main() -> Result<()> {
    sources().await?;
    at_run_time().await?;
    mistakes();
    Ok(())
}

/// Among configuration sources the one applied last wins, field by field, and all of them over the attribute.
async fn sources() -> Result<()> {
    println!("sources");
    let url = ServiceConfig::new().url("http://10.0.0.9:80");
    show(
        "the attribute and code",
        Client::builder().service("order-service", url),
    )
    .await?;
    show("the file", Client::builder().file(FILE)?).await?;
    // `env()` reads the process's environment; `env_from` any pairs, for tests.
    let pairs = [
        ("ORDER_SERVICE_URL", "http://10.0.0.7:8083"),
        ("ORDER_SERVICE_TIMEOUT", "2.5"),
        ("ORDER_SERVICE_API_KEY", "hunter2"),
    ];
    show(
        "the environment over the file",
        Client::builder().file(FILE)?.env_from(pairs)?,
    )
    .await
}

async fn show(source: &str, builder: ClientBuilder) -> Result<()> {
    let orders = OrderServiceClient::new(&builder.scripted(&mirror()).build()?);
    println!("  {source}");
    println!("    list    {:?}", orders.list().await?);
    println!("    report  {:?}", orders.report().await?);
    Ok(())
}

/// `configure` is stronger than every source; the options of a call are stronger still.
async fn at_run_time() -> Result<()> {
    println!("\nat run time");
    let client = Client::builder().file(FILE)?.scripted(&mirror()).build()?;
    let orders = OrderServiceClient::new(&client);
    client.configure("order-service", |service| service.timeout(Duration::from_secs(3)))?;
    println!("  configured     {:?}", orders.list().await?);
    let hasty = orders.with(
        CallOptions::new()
            .timeout(Duration::from_millis(500))
            .header("X-Tenant", "b"),
    );
    println!("  of these calls {:?}", hasty.list().await?);
    Ok(())
}

/// Nothing is ignored in silence; a secret is never shown.
fn mistakes() {
    println!("\nmistakes");
    let env = |name: &str, value: &str| Client::builder().env_from([(name, value)])?.build();
    tell(env("DEFAULT_TIMEOUT", "30s"));
    tell(env("CB_FAILURE_THRESHOLD", "0"));
    tell(env("RPC_CLIENT__SERVICES", "order-service=http://10.0.0.1"));
    let config = ServiceConfig::new().url("10.0.0.1:8083");
    tell(Client::builder().service("order-service", config).build());
    let config = ServiceConfig::new().api_key("line\nbreak");
    tell(Client::builder().service("order-service", config).build());
    let patient = ServiceConfig::new().timeout(Duration::from_secs(100_000));
    tell(Client::builder().defaults(patient).build());
}

fn tell(outcome: Result<Client>) {
    match outcome {
        Ok(client) => println!("  {client:?}"),
        Err(error) => println!("  {error}"),
    }
}

/// Instances that answer with what they were sent.
fn mirror() -> Script {
    let addresses = [
        "http://10.0.0.9:80",
        "http://10.0.0.1:8083",
        "http://10.0.0.2:8083",
        "http://10.0.0.7:8083",
    ];
    addresses.iter().fold(Script::new(), |script, url| {
        script.instance(url, Step::answer(seen))
    })
}

fn seen(request: &Recorded) -> Step {
    let header = |name| request.header(name).unwrap_or("none");
    let key = if request.header("authorization").is_some() {
        "sent"
    } else {
        "none"
    };
    let seen = json!({
        "host": request.uri().authority().map(ToString::to_string),
        "milliseconds_left": header("x-request-timeout-ms"),
        "tenant": header("x-tenant"),
        "key": key,
    });
    Step::json(200, &seen)
}
