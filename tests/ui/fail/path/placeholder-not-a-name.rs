use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{model id}")]
    async fn model(&self) -> Result<()>;
}

fn main() {}
