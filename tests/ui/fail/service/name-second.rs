use trunkline::{Result, service};

#[service(timeout = "2s", "models")]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
