use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a//b")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
