use trunkline::{Result, service};

#[service("models", timeout = "90000s")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
