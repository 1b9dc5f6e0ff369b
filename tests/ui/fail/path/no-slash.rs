use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("models")]
    async fn model(&self) -> Result<()>;
}

fn main() {}
