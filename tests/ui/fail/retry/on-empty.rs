use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[put("/chat")]
    #[retry(on = [])]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
