use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[envelope(data = "a", data = "b")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
