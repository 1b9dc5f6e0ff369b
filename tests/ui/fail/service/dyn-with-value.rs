use trunkline::{Result, service};

#[service("models", dyn = true)]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
