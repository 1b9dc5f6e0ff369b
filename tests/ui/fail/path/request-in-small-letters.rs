use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[request("get", "/a")]
    async fn chat(&self) -> Result<()>;
}

fn main() {}
