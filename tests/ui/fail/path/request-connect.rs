use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[request("CONNECT", "/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
