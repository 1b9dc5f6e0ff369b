use trunkline::{Result, service};

#[service("models")]
pub trait Models
where
    Self: Sized,
{
    #[get("/")]
    async fn get(&self) -> Result<()>;
}

fn main() {}
