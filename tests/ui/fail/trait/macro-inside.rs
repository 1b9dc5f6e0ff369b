use trunkline::{Result, service};

macro_rules! methods {
    () => {};
}

#[service("models")]
pub trait Models {
    methods!();

    #[get("/")]
    async fn get(&self) -> Result<()>;
}

fn main() {}
