use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[idempotent(header = "X Key")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
