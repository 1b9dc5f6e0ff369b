use trunkline::{Result, service};

#[service("models", crate = "trunkline")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
