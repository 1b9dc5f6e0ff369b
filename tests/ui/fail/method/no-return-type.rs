use trunkline::service;

#[service("models")]
pub trait Models {
    #[get("/a")]
    async fn chat(&self);
}

fn main() {}
