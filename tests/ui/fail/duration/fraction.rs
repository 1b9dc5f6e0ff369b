use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("1.5s")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
