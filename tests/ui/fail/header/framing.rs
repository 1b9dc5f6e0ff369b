use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/")]
    #[header("Content-Length" = "3")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
