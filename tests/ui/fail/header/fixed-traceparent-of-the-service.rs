use trunkline::{Result, service};

#[service("models", header("traceparent" = "a"))]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
