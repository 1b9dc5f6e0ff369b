use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get(models)]
    async fn chat(&self) -> Result<()>;
}

fn main() {}
