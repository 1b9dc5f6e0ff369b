use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    async fn clone(&self) -> Result<()>;
}

fn main() {}
