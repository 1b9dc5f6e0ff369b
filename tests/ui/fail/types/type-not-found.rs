use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[post("/")]
    async fn post(&self, body: &Missing) -> Result<Absent>;
}

fn main() {}
