use trunkline::{Result, service};

#[service()]
pub trait Models {
    #[get("/")]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
