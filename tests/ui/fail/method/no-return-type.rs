use trunkline::{Result, service};

#[service("models")]
pub trait Models {
    #[get("/a")]
    async fn chat(&self);
}

fn main() {}
