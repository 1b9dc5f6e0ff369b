use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[retry(tmies = 3)]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
