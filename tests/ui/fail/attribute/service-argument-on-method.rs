use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[prefix("/v1")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
