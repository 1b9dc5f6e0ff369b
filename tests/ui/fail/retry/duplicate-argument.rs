use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[retry(times = 3, times = 4)]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
