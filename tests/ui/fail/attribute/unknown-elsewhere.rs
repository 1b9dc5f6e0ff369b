use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[cache(ttl = "5m")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
