use trunkline::{Result, service};

pub struct Secret;

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn get(&self) -> Result<Secret>;
}

fn main() {}
