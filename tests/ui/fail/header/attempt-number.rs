use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn ok(&self, #[header("X-Retry-Attempt")] number: u32) -> Result<()>;
}

fn main() {}
