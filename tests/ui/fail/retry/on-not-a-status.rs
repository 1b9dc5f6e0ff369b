use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[put("/chat")]
    #[retry(on = [99])]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
