use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    async fn chat(&mut self) -> Result<()>;
}

fn main() {}
