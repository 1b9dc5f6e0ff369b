use trunkline::{Result, service};

#[service("orders")]
pub trait Orders {
    #[get("/orders/:id")]
    async fn order(&self, #[path] id: u64) -> Result<()>;
}

fn main() {}
