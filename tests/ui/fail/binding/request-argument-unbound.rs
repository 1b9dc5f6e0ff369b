use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[request("PURGE", "/cache")]
    async fn purge(&self, name: &str) -> Result<()>;
}

fn main() {}
