//! The two services, as their users declare them.

use serde::{Deserialize, Serialize};
use trunkline::{Event, Receipt, Result, service};

#[derive(Serialize)]
pub(crate) struct ChatRequest {
    pub(crate) message: String,
}

#[derive(Deserialize)]
pub(crate) struct ChatReply {
    pub(crate) content: String,
}

#[derive(Deserialize)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) context: u32,
}

#[service("model-service", prefix = "/api/v1")]
pub(crate) trait ModelService {
    /// Asks the model for one completion.
    #[post("/chat")]
    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply>;

    /// A model, where there is one of this name.
    #[get("/models/{id}")]
    #[timeout("2s")]
    #[none_on(404)]
    async fn model(&self, id: &str) -> Result<Option<Model>>;

    /// The models of a kind.
    #[get("/models")]
    async fn models(&self, kind: &str, page: Option<u32>) -> Result<Vec<Model>>;
}

#[derive(Deserialize)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) item: String,
}

/// Replies come as `{"code": 0, "message": "ok", "data": …}`; the methods give what is inside.
#[service("order-service", prefix = "/api/v1", envelope)]
pub(crate) trait OrderService {
    /// Places an order. Declared safe to repeat: every attempt carries the same `Idempotency-Key`.
    #[post("/orders")]
    #[idempotent]
    async fn place(&self, #[field] item: &str, #[field] quantity: u32) -> Result<Order>;

    /// How many of an item there are; one attempt a call, so that the breaker is seen at work.
    #[get("/stock/{item}")]
    #[retry(off)]
    async fn stock(&self, item: &str) -> Result<u32>;
}

#[derive(Serialize, Deserialize, Event)]
#[event("order_placed", expires = "72h")]
pub(crate) struct OrderPlaced {
    pub(crate) order: u64,
    pub(crate) item: String,
}

/// It has no address: it is told of orders by events, which wait for it where it is not there.
#[service("shipping-service")]
pub(crate) trait ShippingService {
    #[publish(priority = "high")]
    async fn order_placed(&self, event: &OrderPlaced) -> Result<Receipt>;
}
