use serde::{Deserialize, Serialize};
use trunkline::Event;

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
pub struct Paid {
    #[event("order")]
    pub order: u32,
}

fn main() {}
