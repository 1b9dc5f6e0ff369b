use serde::Deserialize;
use trunkline::Event;

#[derive(Deserialize, Event)]
#[event("order_paid")]
pub struct Paid {
    pub order: u32,
}

fn main() {}
