use trunkline::{Result, service};

#[service("models", "others")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
