use serde::{Deserialize, Serialize};
use trunkline::Event;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "order_paid", version = 2)]
pub struct Paid {
    pub order: u32,
}

fn main() {}
