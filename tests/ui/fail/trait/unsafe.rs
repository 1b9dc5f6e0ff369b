use trunkline::{Result, service};

#[service("models")]
pub unsafe trait Models {
    #[get("/")]
    async fn get(&self) -> Result<()>;
}

fn main() {}
