use trunkline::{Result, service};

#[service("models")]
#[timeout("2s")]
pub trait Models {
    #[get("/")]
    async fn get(&self) -> Result<()>;
}

fn main() {}
