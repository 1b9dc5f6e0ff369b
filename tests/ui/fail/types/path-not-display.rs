use trunkline::{Result, service};

pub struct Secret;

#[service("models")]
pub trait Models {
    #[get("/{id}")]
    async fn get(&self, id: Secret) -> Result<()>;
}

fn main() {}
