use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/chat")]
    #[none_on(missing)]
    async fn chat(&self, request: &str) -> Result<()>;
}

fn main() {}
