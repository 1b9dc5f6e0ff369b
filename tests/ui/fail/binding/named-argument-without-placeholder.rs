use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/models/{id}")]
    async fn chat(&self, #[path("ident")] id: u32) -> Result<()>;
}

fn main() {}
