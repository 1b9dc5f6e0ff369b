use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    async fn chat(&self, _: u32) -> Result<()>;
}

fn main() {}
