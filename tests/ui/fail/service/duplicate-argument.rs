use trunkline::{Result, service};

#[service("models", timeout = "2s", timeout = "3s")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
