use trunkline::{Result, service};

#[service("models", dyn)]
pub trait Models {
    #[get("/")]
    async fn get(&self, filter: &impl serde::Serialize) -> Result<()>;
}

fn main() {}
