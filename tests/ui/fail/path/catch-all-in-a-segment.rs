use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/x{rest*}")]
    async fn model(&self, rest: &str) -> Result<()>;
}

fn main() {}
