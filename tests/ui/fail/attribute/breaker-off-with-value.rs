use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[breaker(off = true)]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
