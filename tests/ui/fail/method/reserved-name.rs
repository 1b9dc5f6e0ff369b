use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    async fn with(&self) -> Result<()>;
}

fn main() {}
