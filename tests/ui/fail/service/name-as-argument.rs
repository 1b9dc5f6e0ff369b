use trunkline::{Result, service};

#[service(name = "models", prefix = "/api")]
pub trait Models {
    #[get("/")]
    async fn get(&self) -> Result<()>;
}

fn main() {}
