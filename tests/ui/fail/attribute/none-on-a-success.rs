use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/")]
    #[none_on(200)]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
