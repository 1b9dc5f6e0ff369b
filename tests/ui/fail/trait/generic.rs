use trunkline::{Result, service};

#[service("models")]
pub trait Models<T> {
    #[get("/")]
    async fn get(&self) -> Result<T>;
}

fn main() {}
