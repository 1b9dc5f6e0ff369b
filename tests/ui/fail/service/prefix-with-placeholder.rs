use trunkline::{Result, service};

#[service("models", prefix = "/{tenant}")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
