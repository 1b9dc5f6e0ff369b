use trunkline::service;

#[service("models")]
pub trait Models {
    #[get("/")]
    async fn get(&self) -> Option<u32>;
}

fn main() {}
