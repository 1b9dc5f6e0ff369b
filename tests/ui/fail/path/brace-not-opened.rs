use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/id}")]
    async fn model(&self) -> Result<()>;
}

fn main() {}
