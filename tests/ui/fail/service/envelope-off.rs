use trunkline::{Result, service};

#[service("models", envelope(off))]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
