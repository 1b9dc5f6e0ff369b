use trunkline::{Result, service};

pub struct Secret;

#[service("models")]
pub trait Models {
    #[post("/")]
    async fn post(&self, #[field] a: u32, #[field] b: Option<Secret>) -> Result<()>;
}

fn main() {}
