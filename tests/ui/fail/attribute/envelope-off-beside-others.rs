use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[envelope(off, data = "a")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
