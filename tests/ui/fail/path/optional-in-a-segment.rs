use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{id?}.json")]
    async fn model(&self, id: Option<u32>) -> Result<()>;
}

fn main() {}
