use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/models")]
    async fn chat(&self, #[path] id: u32) -> Result<()>;
}

fn main() {}
