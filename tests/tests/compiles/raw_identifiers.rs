//! `r#` is a matter of Rust, not of the wire.
#![allow(non_camel_case_types)]
use serde::{Deserialize, Serialize};
use trunkline::{Result, service};

#[derive(Serialize, Deserialize)]
pub struct r#struct {
    pub r#type: String,
}

#[service("raw", dyn)]
pub trait r#Raw {
    #[get("/{type}/{other*}")]
    async fn r#move(&self, r#type: &str, r#match: u32, #[path("other")] r#where: &str) -> Result<r#struct>;

    #[post("/")]
    async fn r#loop(&self, #[field] r#type: &str, #[header("X")] r#in: &str) -> Result<()>;

    #[post("/")]
    async fn r#while(&self, r#else: &r#struct) -> Result<()>;
}

fn main() {
    let _ = RawClient::ENDPOINTS;
}
