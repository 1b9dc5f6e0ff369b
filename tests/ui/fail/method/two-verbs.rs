use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    #[post("/b")]
    async fn chat(&self) -> Result<()>;
}

fn main() {}
