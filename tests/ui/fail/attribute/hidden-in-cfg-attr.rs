use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[cfg_attr(all(), timeout("2s"))]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
