use trunkline::{Result, service};

#[service("models", prefix = 5)]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
