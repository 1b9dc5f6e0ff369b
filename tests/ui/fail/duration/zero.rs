use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("0s")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
