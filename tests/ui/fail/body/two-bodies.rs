use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    async fn chat(&self, #[json] left: u32, #[json] right: u32) -> Result<()>;
}

fn main() {}
