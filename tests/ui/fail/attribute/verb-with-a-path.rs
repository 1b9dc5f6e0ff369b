use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[trunkline::get("/x")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
