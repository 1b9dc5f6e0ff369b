use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn into(&self) -> Result<()>;
}

fn main() {}
