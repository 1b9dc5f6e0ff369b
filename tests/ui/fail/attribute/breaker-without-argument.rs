use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[breaker]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
