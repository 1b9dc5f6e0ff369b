use trunkline::service;

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn get(&self) -> std::result::Result<u32, std::fmt::Error>;
}

fn main() {}
