use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get]
    async fn chat(&self) -> Result<()>;
}

fn main() {}
