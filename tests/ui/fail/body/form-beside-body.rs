use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    async fn chat(&self, #[form] left: u32, #[body] right: String) -> Result<()>;
}

fn main() {}
