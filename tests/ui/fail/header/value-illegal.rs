use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[header("X-Tenant" = "a\n")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
