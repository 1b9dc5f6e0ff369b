use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[request("PURGE")]
    async fn chat(&self) -> Result<()>;
}

fn main() {}
