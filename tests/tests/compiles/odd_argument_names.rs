//! An argument may be called like anything that the expansion mentions.
use trunkline::{Result, service};

#[service("odd", dyn)]
pub trait Odd {
    #[get("/{self_}/{call}")]
    async fn get(&self, self_: &str, call: u32, client: u32, service: u32, url: u32) -> Result<u32>;

    #[post("/{client}")]
    async fn post(&self, client: u32, request: u32) -> Result<u32>;

    #[get("/{path}")]
    async fn send(
        &self,
        path: u32,
        query: u32,
        send: u32,
        reply: u32,
        method: u32,
        endpoint: u32,
    ) -> Result<u32>;

    #[post("/")]
    async fn json(&self, #[field] json: u32, #[field] field: u32, #[field] body: u32) -> Result<u32>;

    #[get("/")]
    async fn __service(&self, __0: u32, __1: u32, __service: u32, name: u32, trunkline: u32) -> Result<u32>;

    #[get("/")]
    async fn erased(&self, core: u32, std: u32, this: u32, future: u32, result: u32) -> Result<u32>;
}
