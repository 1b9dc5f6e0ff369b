use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/my models")]
    async fn model(&self) -> Result<()>;
}

fn main() {}
