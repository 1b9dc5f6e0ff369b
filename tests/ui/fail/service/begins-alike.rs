use trunkline::{Result, service};

#[service("models", retries(times = 3))]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
