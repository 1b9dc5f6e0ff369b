use trunkline::{Result, service};

#[service("models", dyn)]
pub trait Models {
    #[get("/")]
    async fn get<T: serde::Serialize>(&self, filter: T) -> Result<()>;
}

fn main() {}
