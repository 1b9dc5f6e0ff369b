use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/chat")]
    async fn chat(&self, #[timeout("2s")] left: u32) -> Result<()>;
}

fn main() {}
