use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a/../b")]
    async fn model(&self) -> Result<()>;
}

fn main() {}
