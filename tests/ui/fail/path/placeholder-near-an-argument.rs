use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{modle}")]
    async fn model(&self, model: u32) -> Result<()>;
}

fn main() {}
