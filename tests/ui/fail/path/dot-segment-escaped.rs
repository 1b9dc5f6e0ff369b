use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a/%2E%2e/b")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
