use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    const LIMIT: u32;

    #[get("/")]
    async fn get(&self) -> Result<()>;
}

fn main() {}
