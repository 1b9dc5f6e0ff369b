use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
