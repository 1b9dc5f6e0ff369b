use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[retry(delay = "6s", max_delay = "5s")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
