use trunkline::{Result, service};

pub struct Secret;

#[service("models")]
pub trait Models {
    #[post("/")]
    async fn post(&self, body: &Secret) -> Result<()>;
}

fn main() {}
