use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/x")]
    async fn ok(&self, #[trunkline::query] a: u32) -> Result<()>;
}

fn main() {}
