use trunkline::{Result, service};

#[service("models", dyn)]
pub trait Models {
    #[get("/")]
    async fn get(&self) -> Result<()>;

    fn name<T: Default>(&self) -> T {
        T::default()
    }
}

fn main() {}
