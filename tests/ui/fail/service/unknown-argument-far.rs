use trunkline::{Result, service};

#[service("models", cache = "5m")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
