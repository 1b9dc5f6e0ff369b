use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("30")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
