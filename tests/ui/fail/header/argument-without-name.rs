use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/chat")]
    async fn chat(&self, #[header] left: u32) -> Result<()>;
}

fn main() {}
