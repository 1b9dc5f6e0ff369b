use serde::Serialize;
use trunkline::Event;

#[derive(Serialize, Event)]
#[event("order_paid")]
pub struct Paid {
    pub order: u32,
}

fn main() {}
