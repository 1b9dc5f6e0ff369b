//! The clients that are compared, all behind one trait.

use std::future::Future;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use reqwest_tracing::TracingMiddleware;
use trunkline::{ServiceConfig, service};

use crate::Result;
use crate::payload::{Item, Order, Summary};

/// The service that is called.
#[service("order-service")]
pub trait Orders {
    /// Posts 1 KiB and reads 1 KiB.
    #[post("/orders")]
    async fn create(&self, order: &Order) -> Result<Order>;

    /// Reads 300 bytes.
    #[get("/orders/{id}")]
    async fn summary(&self, id: u64) -> Result<Summary>;

    /// Reads 64 KiB.
    #[get("/orders")]
    async fn list(&self, limit: u32) -> Result<Vec<Item>>;
}

/// One of the clients, new for a server at this address.
pub trait Client: Orders + Clone + 'static {
    /// What the table calls it.
    const NAME: &'static str;

    /// A client without connections.
    fn at(url: &str) -> Self;
}

/// reqwest, as a user writes it.
#[derive(Clone, Debug)]
pub struct Naive {
    client: reqwest::Client,
    base: String,
}

impl Client for Naive {
    const NAME: &'static str = "naive reqwest";

    fn at(url: &str) -> Self {
        Self {
            client: reqwest::Client::new(),
            base: url.to_owned(),
        }
    }
}

impl Orders for Naive {
    async fn create(&self, order: &Order) -> Result<Order> {
        let url = format!("{}/orders", self.base);
        Ok(self
            .client
            .post(url)
            .json(order)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }

    async fn summary(&self, id: u64) -> Result<Summary> {
        let url = format!("{}/orders/{id}", self.base);
        Ok(self
            .client
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }

    async fn list(&self, limit: u32) -> Result<Vec<Item>> {
        let url = format!("{}/orders?limit={limit}", self.base);
        Ok(self
            .client
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }
}

/// reqwest with the middleware that comes closest: retries and spans.
#[derive(Clone, Debug)]
pub struct Middleware {
    client: ClientWithMiddleware,
    base: String,
}

impl Client for Middleware {
    const NAME: &'static str = "reqwest-middleware";

    fn at(url: &str) -> Self {
        let policy = ExponentialBackoff::builder().build_with_max_retries(3);
        let client = ClientBuilder::new(reqwest::Client::new())
            .with(TracingMiddleware::default())
            .with(RetryTransientMiddleware::new_with_policy(policy))
            .build();
        Self {
            client,
            base: url.to_owned(),
        }
    }
}

impl Orders for Middleware {
    async fn create(&self, order: &Order) -> Result<Order> {
        let url = format!("{}/orders", self.base);
        Ok(self
            .client
            .post(url)
            .json(order)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }

    async fn summary(&self, id: u64) -> Result<Summary> {
        let url = format!("{}/orders/{id}", self.base);
        Ok(self
            .client
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }

    async fn list(&self, limit: u32) -> Result<Vec<Item>> {
        let url = format!("{}/orders?limit={limit}", self.base);
        Ok(self
            .client
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }
}

/// trunkline with its defaults: every stage is on.
#[derive(Clone, Debug)]
pub struct Trunkline(OrdersClient);

impl Client for Trunkline {
    const NAME: &'static str = "trunkline";

    fn at(url: &str) -> Self {
        let client = trunkline::Client::builder()
            .service("order-service", ServiceConfig::new().url(url))
            .build()
            .expect("the address is one");
        Self(OrdersClient::new(&client))
    }
}

impl Orders for Trunkline {
    fn create(&self, order: &Order) -> impl Future<Output = Result<Order>> + Send {
        self.0.create(order)
    }

    fn summary(&self, id: u64) -> impl Future<Output = Result<Summary>> + Send {
        self.0.summary(id)
    }

    fn list(&self, limit: u32) -> impl Future<Output = Result<Vec<Item>>> + Send {
        self.0.list(limit)
    }
}

/// trunkline's transport alone: the same request and reply, and no stage around them.
#[derive(Clone, Debug)]
pub struct Bare(OrdersClient);

impl Client for Bare {
    const NAME: &'static str = "bare transport";

    fn at(url: &str) -> Self {
        Self(Trunkline::at(url).0)
    }
}

impl Bare {
    fn call(&self, endpoint: usize) -> trunkline::__private::Call {
        trunkline::__private::call(self.0.service(), OrdersClient::ENDPOINTS[endpoint])
    }
}

impl Orders for Bare {
    fn create(&self, order: &Order) -> impl Future<Output = Result<Order>> + Send {
        self.call(0).json(order).send_bare()
    }

    fn summary(&self, id: u64) -> impl Future<Output = Result<Summary>> + Send {
        self.call(1).path(&id).send_bare()
    }

    fn list(&self, limit: u32) -> impl Future<Output = Result<Vec<Item>>> + Send {
        self.call(2).query("limit", &limit).send_bare()
    }
}
