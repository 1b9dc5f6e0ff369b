use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[retry(on = [409])]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
