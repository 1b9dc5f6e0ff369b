use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[request("PUR GE", "/a")]
    async fn chat(&self) -> Result<()>;
}

fn main() {}
