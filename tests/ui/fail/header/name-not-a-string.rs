use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[header(accept = "a")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
