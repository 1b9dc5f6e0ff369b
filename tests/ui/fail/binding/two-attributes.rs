use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/chat")]
    async fn chat(&self, #[query] #[header("X-A")] left: u32) -> Result<()>;
}

fn main() {}
