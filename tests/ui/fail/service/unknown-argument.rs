use trunkline::{Result, service};

#[service("models", timout = "2s")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
