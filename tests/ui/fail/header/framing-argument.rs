use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn ok(&self, #[header("Transfer-Encoding")] coding: &str) -> Result<()>;
}

fn main() {}
