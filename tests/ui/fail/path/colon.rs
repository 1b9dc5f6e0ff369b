use trunkline::{Result, service};

#[service("orders")]
pub trait Orders {
    #[post("/orders/:id/lines")]
    async fn add(&self, id: u64, line: String) -> Result<()>;
}

fn main() {}
