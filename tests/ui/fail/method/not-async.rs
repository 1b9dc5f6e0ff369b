use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    fn chat(&self) -> Result<()>;
}

fn main() {}
