use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("a")]
    async fn chat(&self);

    #[tiemout("2s")]
    #[get("/")]
    async fn get(&self) -> Result<()>;
}

fn main() {}
