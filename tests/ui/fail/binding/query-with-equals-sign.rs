use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/chat")]
    async fn chat(&self, #[query = "p"] page: u32) -> Result<()>;
}

fn main() {}
