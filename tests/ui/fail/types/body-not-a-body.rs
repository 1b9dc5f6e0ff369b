use trunkline::{Result, service};

pub struct Secret;

#[service("models")]
pub trait Models {
    #[post("/")]
    async fn post(&self, #[body] a: Secret) -> Result<()>;
}

fn main() {}
