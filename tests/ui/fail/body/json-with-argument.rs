use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    async fn chat(&self, #[json("a")] left: u32) -> Result<()>;
}

fn main() {}
