use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[query]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
