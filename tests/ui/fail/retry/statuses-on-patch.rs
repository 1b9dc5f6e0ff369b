use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[patch("/chat")]
    #[retry(times = 1, on = [409])]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
