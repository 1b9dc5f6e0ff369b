use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    type Item;

    #[get("/")]
    async fn get(&self) -> Result<()>;
}

fn main() {}
