use trunkline::{Result, service};

#[service("models", dyn)]
pub trait Models<'a> {
    #[get("/")]
    async fn get(&self, id: &'a str) -> Result<()>;
}

fn main() {}
