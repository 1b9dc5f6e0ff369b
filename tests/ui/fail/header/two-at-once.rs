use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[header("X-A" = "a", "X-B" = "b")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
