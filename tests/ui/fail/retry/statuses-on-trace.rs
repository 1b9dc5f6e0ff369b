use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[request("TRACE", "/")]
    #[retry(on = [409])]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
