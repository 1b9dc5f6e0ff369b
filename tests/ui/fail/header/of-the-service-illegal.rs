use trunkline::{Result, service};

#[service("models", header("X A" = "b"))]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
