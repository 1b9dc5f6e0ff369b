use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("2s")]
    #[timeout("3s")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
