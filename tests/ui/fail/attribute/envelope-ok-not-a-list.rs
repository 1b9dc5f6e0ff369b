use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[envelope(ok = 0)]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
