use trunkline::{Result, service};

pub struct Secret;

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn get(&self, filter: Secret) -> Result<()>;
}

fn main() {}
