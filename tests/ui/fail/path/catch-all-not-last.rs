use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{rest*}/x")]
    async fn model(&self, rest: &str) -> Result<()>;
}

fn main() {}
