use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/")]
    #[retry(on = [200])]
    async fn ok(&self) -> Result<()>;
}

fn main() {}
