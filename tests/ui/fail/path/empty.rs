use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("")]
    async fn model(&self) -> Result<()>;
}

fn main() {}
