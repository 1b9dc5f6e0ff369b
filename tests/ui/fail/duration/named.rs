use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout(value = "1s")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
