use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{{id}}")]
    async fn model(&self, id: u32) -> Result<()>;
}

fn main() {}
