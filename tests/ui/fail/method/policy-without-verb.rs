use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[timeout("2s")]
    async fn chat(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
