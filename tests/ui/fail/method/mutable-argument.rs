use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{a}")]
    async fn chat(&self, mut a: u32) -> Result<()>;
}

fn main() {}
