use serde::{Deserialize, Serialize};
use trunkline::{Event, service};

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
pub struct Paid;

pub struct Mine;

#[service("shipping")]
pub trait Shipping {
    #[publish]
    async fn paid(&self, event: &Paid) -> std::result::Result<(), Mine>;
}

fn main() {}
