use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("soon")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
