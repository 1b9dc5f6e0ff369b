use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/")]
    #[header("X-Trace-Id" = "a")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
