use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/{id}")]
    async fn ok<'a>(&self, id: &'a str) -> Result<Vec<&'a str>>;
}

fn main() {}
