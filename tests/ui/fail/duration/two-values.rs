use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("1s", "2s")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
