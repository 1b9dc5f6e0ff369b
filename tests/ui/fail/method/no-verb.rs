use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    async fn chat(&self) -> Result<()>;
}

fn main() {}
