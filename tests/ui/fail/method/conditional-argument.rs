use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    async fn chat(&self, #[cfg(any())] a: u32) -> Result<()>;
}

fn main() {}
