use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("1s")]
    #[attempt_timeout("2s")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
