use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{id?}")]
    async fn get(&self, id: u32) -> Result<()>;
}

fn main() {}
