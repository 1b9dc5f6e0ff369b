use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{a}/{b}")]
    async fn chat(&self, (a, b): (u32, u32)) -> Result<()>;
}

fn main() {}
