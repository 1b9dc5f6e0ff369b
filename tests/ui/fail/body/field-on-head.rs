use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[head("/chat")]
    async fn chat(&self, #[field] body: u32) -> Result<()>;
}

fn main() {}
