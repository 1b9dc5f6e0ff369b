use trunkline::{Result, service};

#[service("models", prefix = "/a//b")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
