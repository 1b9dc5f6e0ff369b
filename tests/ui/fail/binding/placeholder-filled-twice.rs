use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/models/{id}")]
    async fn chat(&self, id: u32, #[path("id")] other: u32) -> Result<()>;
}

fn main() {}
