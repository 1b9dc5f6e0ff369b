use trunkline::{Result, service};

pub struct Secret;

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn get(&self, #[header("X-A")] a: Secret) -> Result<()>;
}

fn main() {}
