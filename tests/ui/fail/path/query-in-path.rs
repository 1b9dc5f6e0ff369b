use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/models?page={page}")]
    async fn model(&self, page: u32) -> Result<()>;
}

fn main() {}
