//! Testing code that calls services: with a fake, which is an ordinary `impl` of the trait, and with a script, which
//! stands in for the network while retries, breakers and timeouts stay real.
//!
//! `cargo run --example testing`, or `cargo test --example testing` for the tests at its end. Time is paused: a minute of
//! waiting takes no time and is exact to the millisecond.

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use trunkline::testing::{Script, Step};
use trunkline::{Client, Error, ErrorKind, Result, ServiceConfig, service};

#[derive(Deserialize)]
struct Stock {
    available: u32,
}

#[service("stock-service")]
trait StockService {
    #[get("/stock/{item}")]
    async fn stock(&self, item: &str) -> Result<Stock>;
}

/// The code under test: it takes anything that is a `StockService`.
async fn can_deliver(stocks: &impl StockService, item: &str, quantity: u32) -> Result<bool> {
    match stocks.stock(item).await {
        Ok(stock) => Ok(stock.available >= quantity),
        Err(error) if error.status_code() == Some(404) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Plain `async fn`: no macro, no boxes, no server.
struct FakeStock {
    bolts: u32,
}

impl StockService for FakeStock {
    async fn stock(&self, item: &str) -> Result<Stock> {
        match item {
            "bolt" => Ok(Stock {
                available: self.bolts,
            }),
            "broken" => Err(Error::new(ErrorKind::Transport, "reset by peer")),
            _ => Err(Error::new(ErrorKind::Status, "404 Not Found").with_status(404)),
        }
    }
}

/// The real client over a script of two instances: one refuses connections, the other fails once and then answers.
fn scripted() -> Result<(StockServiceClient, Script)> {
    let script = Script::new().instance("http://a:1", Step::refuse()).instance(
        "http://b:1",
        [
            Step::reply(503).header("retry-after", "60"),
            Step::json(200, &json!({ "available": 9 })),
        ],
    );
    let config = ServiceConfig::new()
        .urls(["http://a:1", "http://b:1"])
        .timeout(std::time::Duration::from_secs(120));
    let client = Client::builder()
        .service("stock-service", config)
        .scripted(&script)
        .seed(1)
        .build()?;
    Ok((StockServiceClient::new(&client), script))
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<()> {
    println!("with a fake");
    let fake = FakeStock { bolts: 5 };
    for (item, quantity) in [("bolt", 5), ("bolt", 6), ("nut", 1)] {
        println!(
            "  {quantity} × {item}: {}",
            can_deliver(&fake, item, quantity).await?
        );
    }

    println!("\nwith a script");
    let (stocks, script) = scripted()?;
    let started = Instant::now();
    println!("  5 × bolt: {}", can_deliver(&stocks, "bolt", 5).await?);
    println!("  after {:?} of paused time", started.elapsed());
    println!(
        "  a: {} dials, {} hits",
        script.dials("http://a:1"),
        script.hits("http://a:1")
    );
    println!(
        "  b: {} dials, {} hits",
        script.dials("http://b:1"),
        script.hits("http://b:1")
    );
    for request in script.requests() {
        println!(
            "  {} {}, retry {}",
            request.method(),
            request.path(),
            request.header("x-retry-attempt").unwrap_or("0")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn delivers_what_is_there() {
        let fake = FakeStock { bolts: 5 };
        assert!(can_deliver(&fake, "bolt", 5).await.unwrap());
        assert!(!can_deliver(&fake, "bolt", 6).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_item_is_not_there_and_a_failure_is_told() {
        let fake = FakeStock { bolts: 5 };
        assert!(!can_deliver(&fake, "nut", 1).await.unwrap());
        let error = can_deliver(&fake, "broken", 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_the_server_asks() {
        let (stocks, script) = scripted().unwrap();
        let started = Instant::now();
        assert!(can_deliver(&stocks, "bolt", 5).await.unwrap());
        assert_eq!(started.elapsed().as_secs(), 60);
        assert_eq!(script.hits("http://b:1"), 2);
    }
}
