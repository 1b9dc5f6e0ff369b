use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[timeout("2sec")]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
