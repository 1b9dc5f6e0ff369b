use trunkline::{Result, service};

pub struct Models;

#[service("models")]
impl Models {
    #[get("/")]
    pub async fn get(&self, #[query] page: u32) -> Result<()> {
        let _ = page;
        Ok(())
    }
}

fn main() {}
