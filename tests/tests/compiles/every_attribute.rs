//! Every attribute, each with every argument.
use serde::{Deserialize, Serialize};
use trunkline::{Result, service};

#[derive(Serialize, Deserialize)]
pub struct Item {
    pub id: u64,
}

#[service(
    "order-service",
    prefix = "/api/v1",
    header("X-Client" = "tests"),
    header("Accept-Language" = "en"),
    envelope(data = "result", code = "code", message = "msg", ok = [0, 200, "0000"]),
    timeout = "30s",
    retry(times = 3, backoff = "exponential", delay = "100ms", max_delay = "5s", on = [409]),
    crate = ::trunkline,
    dyn,
)]
pub trait OrderService {
    #[get("/items/{id}")]
    #[timeout("2s")]
    #[attempt_timeout("500ms")]
    #[none_on(404, 410)]
    async fn get(&self, id: u64) -> Result<Option<Item>>;

    #[post("/items")]
    #[idempotent]
    #[retry(times = 1, on = [409, 423])]
    async fn post(&self, item: &Item) -> Result<Item>;

    #[put("/items/{id}")]
    #[retry(off)]
    #[breaker(off)]
    async fn put(&self, id: u64, item: Item) -> Result<()>;

    #[patch("/items/{id}")]
    #[idempotent(header = "X-Key")]
    #[envelope(off)]
    async fn patch(
        &self,
        #[path] id: u64,
        #[field] name: &str,
        #[field("size")] length: Option<u32>,
    ) -> Result<()>;

    #[delete("/items/{item_id}")]
    #[header("X-Reason" = "tests")]
    #[envelope]
    async fn delete(
        &self,
        #[path("item_id")] id: u64,
        force: bool,
        #[header("X-Tenant")] tenant: &str,
    ) -> Result<()>;

    #[head("/items/{id?}/parts")]
    async fn head(&self, id: Option<u64>) -> Result<()>;

    #[options("/files/{rest*}")]
    #[envelope(code = "status")]
    async fn options(&self, rest: &str) -> Result<()>;

    #[request("PURGE", "/cache/{name}.json")]
    async fn purge(&self, name: &str, #[query] deep: bool, #[query("page_size")] size: u32) -> Result<()>;

    #[post("/form")]
    async fn form(&self, #[form] item: &Item, #[query] page: u32) -> Result<()>;

    #[post("/raw")]
    async fn raw(&self, #[body] body: String) -> Result<()>;

    #[post("/json")]
    async fn json(&self, #[json] item: &Item, #[query] tags: &[String]) -> Result<()>;
}

pub(super) fn main() {
    assert_eq!(OrderServiceClient::ENDPOINTS.len(), 11);
}
