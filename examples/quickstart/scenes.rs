//! What the tour shows, scene by scene.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use trunkline::context::{self, Context};
use trunkline::{Client, Delivery, EndpointMetrics, Error, ErrorKind, HandlerError, Result, Worker};

use crate::services::{
    ChatRequest, ModelService, ModelServiceClient, OrderPlaced, OrderService, OrderServiceClient,
    ShippingService, ShippingServiceClient,
};
use crate::upstream::Upstream;

pub(crate) async fn typed_calls(models: &ModelServiceClient) -> Result<()> {
    title("typed calls");
    let reply = models
        .chat(&ChatRequest {
            message: "Hello".into(),
        })
        .await?;
    line("chat(\"Hello\")", &reply.content);
    for id in ["small", "none"] {
        let found = models.model(id).await?;
        let context = found.map_or("None, since 404 is an absent value here".into(), |model| {
            format!("{} tokens of context", model.context)
        });
        line(&format!("model({id:?})"), &context);
    }
    let found = models.models("large language", Some(1)).await?;
    let ids: Vec<_> = found.iter().map(|model| model.id.as_str()).collect();
    line("models(\"large language\", 1)", &ids.join(", "));
    Ok(())
}

pub(crate) async fn errors(orders: &OrderServiceClient) -> Result<()> {
    title("an error to act on");
    let order = orders.place("bolt", 3).await?;
    line(
        "place(\"bolt\", 3)",
        &format!("order {} of {}", order.id, order.item),
    );
    let Err(error) = orders.place("bolt", 0).await else {
        return Ok(());
    };
    line("place(\"bolt\", 0)", &error.to_string());
    line(
        "  kind, code, status",
        &format!(
            "{:?}, {:?}, {:?}",
            error.kind(),
            error.code(),
            error.status_code()
        ),
    );
    if error.code() == Some("4001") {
        line(
            "  so the caller",
            &format!("orders one at least: order {}", orders.place("bolt", 1).await?.id),
        );
    }
    Ok(())
}

pub(crate) async fn retry(models: &ModelServiceClient, upstream: &Upstream) -> Result<()> {
    title("a retry that saves a call");
    upstream.fail_next(2);
    let before = upstream.hits();
    let model = models.model("small").await?;
    line("model(\"small\")", &format!("{:?}", model.map(|model| model.id)));
    line(
        "  what the server saw",
        &format!(
            "{} requests, of which it failed 2 with 503",
            upstream.hits() - before
        ),
    );
    Ok(())
}

pub(crate) async fn breaker(client: &Client, orders: &OrderServiceClient, upstream: &Upstream) -> Result<()> {
    title("a breaker that opens and closes");
    upstream.break_stock(true);
    let before = upstream.hits();
    let refused = first_refusal(orders).await?;
    line(
        "stock(\"bolt\")",
        &format!("{} times 500, then", upstream.hits() - before),
    );
    line("", &refused.to_string());
    line("  the breaker is", &breaker_state(client));
    upstream.break_stock(false);
    let wait = refused.retry_after().unwrap_or(Duration::from_secs(1));
    sleep(wait).await;
    line(
        &format!("{wait:.1?} later"),
        &format!("{} bolts", orders.stock("bolt").await?),
    );
    line("  the breaker is", &breaker_state(client));
    Ok(())
}

/// Calls until the answer no longer comes from the server.
async fn first_refusal(orders: &OrderServiceClient) -> Result<Error> {
    loop {
        match orders.stock("bolt").await {
            Err(error) if error.kind() == ErrorKind::CircuitOpen => return Ok(error),
            Err(error) if error.status_code() == Some(500) => {}
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
}

/// The state of the one instance's breaker, as the figures have it.
fn breaker_state(client: &Client) -> String {
    let snapshot = client.metrics();
    let states: Vec<_> = snapshot.services["order-service"].breakers.values().collect();
    format!("{states:?}")
}

pub(crate) async fn trace(models: &ModelServiceClient, upstream: &Upstream) -> Result<()> {
    title("a trace id that goes through");
    let context = Context::new()
        .with_trace_id("order-17")
        .with_timeout(Duration::from_millis(1500));
    context::scope(context, models.model("small")).await?;
    for name in [
        "x-trace-id",
        "x-request-id",
        "traceparent",
        "x-request-timeout-ms",
        "x-caller-service",
    ] {
        line(name, &upstream.seen(name));
    }
    Ok(())
}

pub(crate) async fn event(client: &Client, orders: &OrderServiceClient) -> Result<()> {
    title("an event that is not lost");
    let (done, mut handled) = mpsc::channel(1);
    let order = orders.place("nut", 2).await?;
    let placed = OrderPlaced {
        order: order.id,
        item: order.item,
    };
    // Published before anyone is there to handle it.
    let receipt = ShippingServiceClient::new(client).order_placed(&placed).await?;
    line(
        "order_placed(\"nut\")",
        &format!("{:?}: {}", receipt.stage(), receipt.id()),
    );
    let worker = start_shipping(client, done).await?;
    let shipped = handled.recv().await.unwrap_or_default();
    line("  the handler", &shipped);
    worker.shutdown(Duration::from_secs(1)).await?;
    Ok(())
}

/// The other side: a group of the service's name, whose handler fails the first time.
async fn start_shipping(client: &Client, done: mpsc::Sender<String>) -> Result<Worker> {
    let subscription = client.events().subscribe("shipping-service");
    let handler = move |event: Delivery<OrderPlaced>| {
        let done = done.clone();
        async move {
            if event.attempt() == 1 {
                return Err(HandlerError::retry("the depot is closed"));
            }
            let shipped = format!(
                "ships order {} ({}) at attempt {}",
                event.order,
                event.item,
                event.attempt()
            );
            Ok(done.send(shipped).await?)
        }
    };
    subscription.on(handler).start().await
}

pub(crate) fn metrics(client: &Client) {
    title("the figures");
    let snapshot = client.metrics();
    println!(
        "  {:<24} {:>6} {:>6} {:>8} {:>8} {:>10}",
        "", "calls", "failed", "attempts", "retries", "p95"
    );
    for (service, figures) in &snapshot.services {
        for (endpoint, figures) in &figures.endpoints {
            row(&format!("{service}.{endpoint}"), figures);
        }
    }
    let rate = snapshot.success_rate().unwrap_or_default() * 100.0;
    println!(
        "  {rate:.0} % of calls succeeded; breakers opened {} time(s)",
        snapshot.circuit_breaker_trips
    );
}

fn row(name: &str, figures: &EndpointMetrics) {
    let p95 = format!("{:.1?}", figures.latency.p95);
    println!(
        "  {name:<24} {:>6} {:>6} {:>8} {:>8} {p95:>10}",
        figures.total_calls, figures.failed_calls, figures.attempts, figures.retry_count
    );
}

fn title(text: &str) {
    println!("\n{text}");
}

fn line(what: &str, outcome: &str) {
    println!("  {what:<30} {outcome}");
}
