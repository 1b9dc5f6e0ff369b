use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<&str>;
}

fn main() {}
