use serde::{Deserialize, Serialize};
use trunkline::{Event, Receipt, Result, service};

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
pub struct Paid;

#[service("shipping")]
pub trait Shipping {
    #[publish]
    async fn paid(&self, [event]: [Paid; 1]) -> Result<Receipt>;
}

fn main() {}
