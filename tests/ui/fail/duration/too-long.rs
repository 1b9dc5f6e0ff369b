use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("25h")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
