use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[retry(delay = "100")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
