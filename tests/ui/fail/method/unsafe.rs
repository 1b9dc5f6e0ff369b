use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    async unsafe fn chat(&self) -> Result<()>;
}

fn main() {}
