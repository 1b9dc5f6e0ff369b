use trunkline::{Result, service};

#[service("models", prefix)]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
