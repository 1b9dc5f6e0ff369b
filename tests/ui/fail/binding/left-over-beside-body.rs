use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    async fn chat(&self, #[field] left: u32, right: u32) -> Result<()>;
}

fn main() {}
