use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/100%")]
    async fn model(&self) -> Result<()>;
}

fn main() {}
