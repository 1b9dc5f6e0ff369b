use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[request("GET", "/chat")]
    async fn chat(&self, #[body] body: String) -> Result<()>;
}

fn main() {}
