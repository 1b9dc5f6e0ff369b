use serde::{Deserialize, Serialize};
use trunkline::{Event, Receipt, Result, service};

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
pub struct Paid;

#[service("shipping")]
pub trait Shipping {
    #[publish]
    async fn any<E: Serialize>(&self, event: &E) -> Result<Receipt>;
}

fn main() {}
