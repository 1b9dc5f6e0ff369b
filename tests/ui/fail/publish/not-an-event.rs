use serde::Serialize;
use trunkline::{Receipt, Result, service};

#[derive(Serialize)]
pub struct Paid;

#[service("shipping")]
pub trait Shipping {
    #[publish]
    async fn paid(&self, event: &Paid) -> Result<Receipt>;
}

fn main() {}
